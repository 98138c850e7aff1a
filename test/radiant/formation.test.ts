import { expect, test } from 'vitest';
import { CONFIGURATION_KEY } from '../../src/storage/keys.ts';
import { decodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { append, get, gist, put, remove, SmallWorld, type Tab, threeTabs } from './small-world.ts';

const order = (tab: Tab) => tab.radiant.view().orders[0];

test('three tabs form one order with one herald', () => {
  const world = threeTabs();
  const views = [...world.tabs.values()].map((tab) => tab.radiant.view());
  expect(new Set(views.map(({ cluster }) => cluster)).size).toBe(1);
  expect(views.map(({ lifecycle }) => lifecycle)).toEqual(['associated', 'associated', 'associated']);
  expect(new Set(views.map(({ orders }) => orders[0]?.herald)).size).toBe(1);
  expect(views.filter(({ orders }) => orders[0]?.replica?.role === 'leader')).toHaveLength(1);
});

test.each(['raft', { name: 'naive', unsafe: true }] as const)(
  'the other tabs read the writes of one tab (%o)',
  (algorithm) => {
    const world = threeTabs(algorithm);
    expect(gist(world.ask('a', put('colour', 'green')))).toBe('written');
    expect(gist(world.ask('b', get('colour')))).toBe('"green"');
    expect(gist(world.ask('b', append('colour', 'ish')))).toBe('written');
    expect(gist(world.ask('c', get('colour')))).toBe('"greenish"');
    expect(gist(world.ask('c', remove('colour')))).toBe('written');
    expect(gist(world.ask('a', get('colour')))).toBe('missing');
  },
);

test('two tabs do not form, and calls say at once how many are present', () => {
  const world = new SmallWorld();
  world.open('a', { founder: true });
  world.open('b');
  world.link('a', 'b');
  world.run(1_000);
  const formation = world.tab('b').radiant.view().formation;
  expect(formation).toMatchObject({ kind: 'collecting', needed: 3 });
  const startMs = world.nowMs;
  const outcome = world.ask('b', put('k', 'v'));
  expect(gist(outcome)).toBe('NOT_FORMED');
  expect(outcome.kind === 'failed' && outcome.error.message).toContain('2 of 3');
  expect(world.nowMs).toBe(startMs);
});

test('tabs that did not make the secret never found', () => {
  const world = new SmallWorld();
  for (const name of ['a', 'b', 'c']) world.open(name);
  world.linkAll('a', 'b', 'c');
  world.run(5_000);
  for (const tab of world.tabs.values()) expect(tab.radiant.view().formation).toEqual({ kind: 'seeking' });
});

test('a tab without durable storage is a client and not a voter', () => {
  const world = new SmallWorld();
  world.open('a', { founder: true });
  world.open('private', { durable: false });
  world.open('b');
  world.linkAll('a', 'private', 'b');
  world.run(2_000);
  expect(world.tab('a').radiant.view().formation.kind).toBe('collecting');
  world.open('c');
  for (const name of ['a', 'private', 'b']) world.link('c', name);
  world.until(() => order(world.tab('private'))?.herald !== undefined);
  expect(order(world.tab('private'))?.members.map(({ radiant }) => radiant)).not.toContain(world.tab('private').id);
  expect(gist(world.ask('private', put('k', 'v')))).toBe('written');
  expect(gist(world.ask('private', get('k')))).toBe('"v"');
});

test('a later tab learns the configuration from any member', () => {
  const world = threeTabs();
  world.kill('a');
  world.open('late');
  world.link('late', 'b');
  expect(() => world.until(() => order(world.tab('late'))?.herald !== undefined)).not.toThrow();
  expect(gist(world.ask('late', put('k', 'v')))).toBe('written');
});

/** Moments of the founding at which the founder's tab dies. */
const CRASHES: readonly { readonly when: string; readonly at: (tab: Tab, effect: string) => boolean }[] = [
  { when: 'before configuration 1 is flushed', at: (_, effect) => effect === 'write' },
  { when: 'before it is told to anyone', at: (_, effect) => effect === 'tell' },
];

test.each(CRASHES)('a founder that dies $when continues the founding after a restart', ({ at }) => {
  const world = new SmallWorld();
  world.open('a', { founder: true });
  world.open('b');
  world.open('c');
  world.linkAll('a', 'b', 'c');
  let crashed = false;
  world.observes = (tab, effect) => {
    if (crashed || tab.name !== 'a') return;
    const writes = effect.kind === 'write' && effect.batch.some(({ key }) => key === CONFIGURATION_KEY);
    const tells = effect.kind === 'send' && decodeFrame(effect.bytes).body.kind === 'configuration';
    if (!at(tab, writes ? 'write' : tells ? 'tell' : '')) return;
    crashed = true;
    world.kill('a');
  };
  world.until(() => crashed);
  world.run(3_000);
  expect(world.tab('b').radiant.view().formation.kind).not.toBe('formed');
  world.reopen('a');
  world.linkAll('a', 'b');
  world.link('a', 'c');
  world.until(() => [...world.tabs.values()].every((tab) => order(tab)?.herald !== undefined));
  expect(new Set([...world.tabs.values()].map((tab) => order(tab)?.order)).size).toBe(1);
  expect(gist(world.ask('c', put('k', 'v')))).toBe('written');
});

test('a founder that dies after it told one other tab need not come back', () => {
  const world = new SmallWorld();
  world.open('a', { founder: true });
  world.open('b');
  world.open('c');
  world.linkAll('a', 'b', 'c');
  let told = 0;
  world.observes = (tab, effect) => {
    if (tab.name !== 'a' || effect.kind !== 'send') return;
    if (decodeFrame(effect.bytes).body.kind === 'configuration') told += 1;
    if (told === 2) world.kill('a');
  };
  world.until(() => told === 2);
  const others = [world.tab('b'), world.tab('c')];
  world.until(() => others.every((tab) => order(tab)?.herald !== undefined));
  expect(gist(world.ask('c', put('k', 'v')))).toBe('written');
});

test('two clusters that meet stay separate and count the frames that they refuse', () => {
  const world = threeTabs();
  world.open('x', { founder: true });
  world.link('x', 'a');
  world.run(2_000);
  expect(world.tab('x').radiant.view().formation.kind).toBe('collecting');
  expect(world.tab('a').radiant.view().refusedFrames['FRAME_OF_OTHER_CLUSTER']).toBeGreaterThan(0);
  expect(world.tab('x').radiant.view().refusedFrames['FRAME_OF_OTHER_CLUSTER']).toBeGreaterThan(0);
});
