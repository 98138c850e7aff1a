import { expect, test } from 'vitest';
import { CONFIGURATION_KEY } from '../../src/storage/keys.ts';
import { decodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { areMembers, change, learnersOf, orderOf, tabsOfScriptedOrder, target } from './members.ts';
import { append, get, gist, put, type SmallWorld } from './small-world.ts';

/** Opens tabs and links each with all living tabs. */
function openBeside(world: SmallWorld, ...names: readonly string[]): void {
  for (const name of names) {
    const others = [...world.tabs.values()].filter(({ alive }) => alive);
    world.open(name);
    for (const other of others) world.link(name, other.name);
  }
}

/** Reopens a killed tab and links it with all living tabs. */
function reopen(world: SmallWorld, name: string): void {
  world.reopen(name);
  for (const other of world.tabs.values()) if (other.alive && other.name !== name) world.link(name, other.name);
}

test('one voter becomes three, five, three and one, under appends that take effect once', () => {
  const world = tabsOfScriptedOrder({ replicationFactor: 5 });
  openBeside(world, 'd', 'e');
  world.run(1_000);
  change(world, ['a']);
  let expected = '';
  const sizes = [['a', 'b', 'c'], ['a', 'b', 'c', 'd', 'e'], ['c', 'd', 'e'], ['e']];
  for (const voters of sizes) {
    target(world, voters);
    for (let round = 0; !areMembers(world, voters); round++) {
      const token = `${voters.length}.${round};`;
      expect(gist(world.ask('b', append('log', token)))).toBe('written');
      expected += token;
    }
    for (const name of ['a', 'd']) expect(gist(world.ask(name, get('log')))).toBe(`"${expected}"`);
  }
  expect(world.herald()?.name).toBe('e');
});

test('a member that is removed deletes all data of the order and returns as another replica', () => {
  const world = tabsOfScriptedOrder();
  openBeside(world, 'd');
  world.ask('a', put('k', '1'));
  const before = orderOf(world.tab('c'))?.replica?.replica;
  change(world, ['a', 'b', 'd']);
  world.until(() => orderOf(world.tab('c'))?.replica === undefined);
  world.run(100);
  const kept = [...(world.tab('c').disk.copy().files.get(world.tab('c').id)?.keys() ?? [])];
  expect(kept.filter((key) => key.startsWith('group/') && !key.endsWith('/departure'))).toEqual([]);
  change(world, ['a', 'b', 'c']);
  world.until(() => orderOf(world.tab('c'))?.replica?.role === 'follower');
  expect(orderOf(world.tab('c'))?.replica?.replica).toBeGreaterThan(before ?? 0);
  world.kill('a');
  expect(gist(world.ask('c', get('k')))).toBe('"1"');
});

test('three founders are replaced one by one while clients continue, and do no harm when they return', () => {
  const world = tabsOfScriptedOrder();
  openBeside(world, 'd', 'e', 'f', 'client');
  let expected = '';
  const write = (token: string) => {
    expect(gist(world.ask('client', append('k', token)))).toBe('written');
    expected += token;
  };
  write('0');
  for (const [old, voters] of [
    ['a', ['b', 'c', 'd']],
    ['b', ['c', 'd', 'e']],
    ['c', ['d', 'e', 'f']],
  ] as const) {
    world.kill(old);
    change(world, voters);
    write(old);
  }
  // A new tab finds the order although no first voter is a member any longer.
  openBeside(world, 'late');
  expect(gist(world.ask('late', get('k')))).toBe(`"${expected}"`);
  const term = orderOf(world.tab('d'))?.replica?.term;
  for (const old of ['a', 'b', 'c']) reopen(world, old);
  write('again');
  world.until(() => ['a', 'b', 'c'].every((old) => orderOf(world.tab(old))?.replica === undefined));
  expect(gist(world.ask('a', get('k')))).toBe(`"${expected}"`);
  expect(orderOf(world.tab('d'))?.replica?.term).toBe(term);
  for (const tab of world.tabs.values()) expect(tab.halted).toBeUndefined();
});

test('a learner follows, and never votes', () => {
  const world = tabsOfScriptedOrder();
  openBeside(world, 'd');
  change(world, ['a', 'b', 'c'], ['d']);
  world.ask('a', put('k', '1'));
  world.until(() => world.tab('d').radiant.digest(orderOf(world.tab('d'))?.order ?? never()) === digestOf(world, 'a'));
  const votes: string[] = [];
  world.observes = (tab, effect) => {
    if (tab.name !== 'd' || effect.kind !== 'send') return;
    const { body } = decodeFrame(effect.bytes);
    if (body.kind === 'consensus') votes.push(body.kind);
  };
  const herald = world.herald()?.name ?? never();
  const [other = never()] = ['a', 'b', 'c'].filter((name) => name !== herald);
  world.kill(herald);
  world.kill(other);
  votes.length = 0;
  world.run(20_000);
  expect(votes).toEqual([]);
  expect(world.herald()).toBeUndefined();
  expect(learnersOf(world, world.tab('d'))).toEqual(['d']);
});

test('a radiant that is removed while it is away learns it on its return', () => {
  const world = tabsOfScriptedOrder();
  openBeside(world, 'd');
  world.kill('c');
  change(world, ['a', 'b', 'd']);
  reopen(world, 'c');
  world.until(() => orderOf(world.tab('c'))?.replica === undefined);
  world.kill('c');
  reopen(world, 'c');
  world.run(2_000);
  expect(orderOf(world.tab('c'))?.replica).toBeUndefined();
  expect(world.tab('c').halted).toBeUndefined();
});

test('the later of two immediate decisions on members counts', () => {
  const world = tabsOfScriptedOrder();
  openBeside(world, 'd', 'e');
  world.run(1_000);
  target(world, ['a', 'b', 'd']);
  target(world, ['a', 'b', 'e']);
  world.until(() => areMembers(world, ['a', 'b', 'e']));
  world.until(() => orderOf(world.tab('d'))?.replica === undefined);
});

test('a new target replaces one that is not reached yet', () => {
  const world = tabsOfScriptedOrder();
  openBeside(world, 'd', 'e');
  world.run(1_000);
  target(world, ['a', 'b', 'd']);
  const herald = world.herald() ?? never();
  world.until(() => orderOf(herald)?.replica?.target.number === world.configuration.number);
  target(world, ['a', 'c', 'e']);
  world.until(() => areMembers(world, ['a', 'c', 'e']));
  world.until(() => orderOf(world.tab('d'))?.replica === undefined);
  expect(gist(world.ask('b', put('k', '1')))).toBe('written');
});

test('a herald that is removed transfers its leadership first, so that no election is needed', () => {
  const world = tabsOfScriptedOrder();
  openBeside(world, 'd');
  world.run(1_000);
  const herald = world.herald() ?? never();
  const term = orderOf(herald)?.replica?.term ?? 0;
  const stay = ['a', 'b', 'c', 'd'].filter((name) => name !== herald.name);
  target(world, stay);
  let without = 0;
  world.until(() => {
    if (world.herald() === undefined) without += 1;
    return areMembers(world, stay);
  });
  expect(orderOf(world.herald() ?? never())?.replica?.term).toBe(term + 1);
  expect(world.herald()).not.toBe(herald);
  world.until(() => orderOf(herald)?.replica === undefined);
});

test('a radiant whose disk is rolled back to before its join does not start as the same replica again', () => {
  const world = tabsOfScriptedOrder();
  openBeside(world, 'd');
  world.run(1_000);
  const copy = world.tab('d').disk.copy();
  change(world, ['a', 'b', 'd']);
  world.ask('a', put('k', '1'));
  world.run(1_000);
  world.kill('d');
  world.tab('d').disk.rollBack(copy);
  reopen(world, 'd');
  world.until(() => world.tab('d').halted !== undefined);
  expect(world.tab('d').halted?.code).toBe('STORAGE_LOST');
});

test('a removed first voter whose disk is rolled back to before the founding does not start as a voter again', () => {
  const world = tabsOfScriptedOrder();
  openBeside(world, 'd');
  world.run(1_000);
  change(world, ['a', 'b', 'd']);
  const { id, disk } = world.tab('c');
  world.until(() => orderOf(world.tab('c'))?.replica === undefined);
  world.kill('c');
  const identityOnly = [...(disk.copy().files.get(id) ?? [])].filter(
    ([key]) => key !== CONFIGURATION_KEY && !key.startsWith('group/'),
  );
  disk.rollBack({ files: new Map([[id, new Map(identityOnly)]]) });
  world.reopen('c');
  expect(orderOf(world.tab('c'))).toBeUndefined();
  world.link('c', 'b');
  world.until(() => orderOf(world.tab('c')) !== undefined);
  world.run(2_000);
  expect(orderOf(world.tab('c'))?.replica).toBeUndefined();
  expect(gist(world.ask('c', put('k', '1')))).toBe('written');
});

function digestOf(world: SmallWorld, name: string): string | undefined {
  const tab = world.tab(name);
  return tab.radiant.digest(orderOf(tab)?.order ?? never());
}

function never(): never {
  throw new Error('the small world is not as this test needs it');
}
