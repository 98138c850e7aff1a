import { expect, test } from 'vitest';
import { TIMES } from '../../src/wire/times.ts';
import { decodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { get, gist, put, SmallWorld, threeTabs } from './small-world.ts';

/** Links three tabs in a chain a – b – c, so that a and c have no direct link. */
function chain(): SmallWorld {
  const world = new SmallWorld();
  world.open('a', { founder: true });
  world.open('b');
  world.open('c');
  world.linkAll('a', 'b', 'c');
  world.until(() => [...world.tabs.values()].every((tab) => tab.radiant.view().orders[0]?.herald !== undefined));
  world.unlink('a', 'c');
  world.run(3_000);
  return world;
}

test('members without a direct link reach each other over the member between them', () => {
  const world = chain();
  for (const tab of world.tabs.values()) {
    const [order] = tab.radiant.view().orders;
    expect(order?.members.every(({ reachable }) => reachable)).toBe(true);
  }
  expect(gist(world.ask('a', put('k', 'v')))).toBe('written');
  expect(gist(world.ask('c', get('k')))).toBe('"v"');
});

test('with a herald at one end, the far end follows through the relay', () => {
  const world = chain();
  world.until(() => {
    const herald = world.herald();
    if (herald?.name !== 'b') return herald !== undefined;
    world.kill('b');
    world.reopen('b');
    world.linkAll('a', 'b');
    world.link('b', 'c');
    return false;
  }, 60_000);
  const herald = world.herald();
  const far = herald?.name === 'a' ? 'c' : 'a';
  expect(gist(world.ask(far, put('k', 'far')))).toBe('written');
  const index = herald?.radiant.view().orders[0]?.replica?.applied ?? 0;
  world.until(() => (world.tab(far).radiant.view().orders[0]?.replica?.applied ?? 0) >= index);
  expect(gist(world.ask(far, get('k')))).toBe('"far"');
});

test('members without a direct link keep asking for one', () => {
  const world = threeTabs();
  const asked: string[] = [];
  world.observes = (tab, effect) => {
    if (effect.kind === 'connect') asked.push(`${tab.name} ${effect.radiant}`);
  };
  world.unlink('a', 'c');
  world.run(6_000);
  expect(asked).toContain(`a ${world.tab('c').id}`);
  expect(asked).toContain(`c ${world.tab('a').id}`);
  expect(asked.length).toBeLessThanOrEqual(4);
});

test('a client finds a herald again that has another boot and no link with it', () => {
  const world = threeTabs();
  const herald = world.herald();
  if (herald === undefined) throw new Error('a herald');
  world.open('d');
  world.linkAll('d', 'a', 'b', 'c');
  expect(gist(world.ask('d', put('k', 'first')))).toBe('written');
  const others = [...world.tabs.values()].filter((tab) => tab !== herald);
  world.kill(herald.name);
  world.until(() => world.herald() !== undefined);
  // The links of the killed herald close only after a time of silence.
  world.run(TIMES.liveness.neighbourSilenceMs);
  world.reopen(herald.name);
  for (const { name } of others) if (name !== 'd') world.link(herald.name, name);
  world.run(1_000);
  world.loses = (from, _, { body }) => from !== herald && body.kind === 'consensus' && isVote(body.message);
  for (let next = world.herald(); next !== herald; next = world.herald()) {
    if (next !== undefined) {
      world.kill(next.name);
      world.reopen(next.name);
      for (const { name } of world.tabs.values()) if (name !== next.name) world.link(next.name, name);
      world.unlink(herald.name, 'd');
    }
    world.run(500);
  }
  world.loses = undefined;
  expect(gist(world.ask('d', put('k', 'second')))).toBe('written');
});

function isVote(message: Uint8Array): boolean {
  return ['vote', 'pre-vote'].includes(decodeRaftMessage(message).type);
}

test('a tab that is linked with clients only still reaches the order', () => {
  const world = threeTabs();
  world.open('near');
  world.link('near', 'a');
  world.link('near', 'b');
  world.link('near', 'c');
  world.until(() => world.tab('near').radiant.view().formation.kind === 'formed');
  world.open('far');
  world.link('far', 'near');
  world.until(() => world.tab('far').radiant.view().formation.kind === 'formed');
  expect(gist(world.ask('far', put('k', 'v')))).toBe('written');
  expect(gist(world.ask('far', get('k')))).toBe('"v"');
});

test('signals travel through the mesh, also over a relay', () => {
  const world = chain();
  const arrived: string[] = [];
  world.observes = (tab, effect) => {
    if (effect.kind === 'signal') arrived.push(`${tab.name} ${effect.from} ${effect.sealed.join()}`);
  };
  const sealed = Uint8Array.of(1, 2, 3);
  world.event('a', { kind: 'transport', event: { kind: 'signal-out', to: world.tab('c').id, sealed } });
  world.run(50);
  expect(arrived).toEqual([`c ${world.tab('a').id} 1,2,3`]);
});

test('a client finds members again that left and returned without a link to it', () => {
  const world = threeTabs();
  world.open('d');
  world.linkAll('d', 'a', 'b', 'c');
  expect(gist(world.ask('d', put('k', 'first')))).toBe('written');
  const leaving = ['a', 'b'];
  for (const name of leaving) {
    world.event(name, { kind: 'page-hidden-for-good' });
    for (const other of ['a', 'b', 'c', 'd']) if (other !== name) world.unlink(name, other, 'goodbye');
    world.kill(name);
  }
  for (const name of leaving) world.reopen(name);
  world.linkAll('a', 'b', 'c');
  world.run(TIMES.liveness.neighbourSilenceMs + 2 * TIMES.liveness.presenceMs);
  expect(gist(world.ask('d', put('k', 'second')))).toBe('written');
});
