import { expect, test } from 'vitest';
import { asSlot } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import {
  administer,
  awaits,
  belongs,
  bondsmithOf,
  configurationOf,
  isAtRest,
  living,
  openBeside,
  reopenBeside,
  sizesOf,
} from './founded-world.ts';
import { append, get, gist, foundedTabs, put, type SmallWorld } from './small-world.ts';

function expectUnharmed(world: SmallWorld): void {
  for (const tab of living(world)) {
    expect(tab.halted).toBeUndefined();
    expect(tab.radiant.view().foreign).toEqual([]);
  }
}

test('one tab works alone, a second learns, a third makes three voters, and the order shrinks to one again', () => {
  const world = foundedTabs(1);
  expect(gist(world.ask('t1', append('log', '1')))).toBe('written');
  openBeside(world, 't2');
  awaits(world, () => belongs(world, 't2') && isAtRest(world));
  expect(sizesOf(world.tab('t1'))).toEqual([[1, 1]]);
  expect(gist(world.ask('t2', append('log', '2')))).toBe('written');
  openBeside(world, 't3');
  awaits(world, () => belongs(world, 't3') && sizesOf(world.tab('t1'))[0]?.[0] === 3 && isAtRest(world), 60_000);
  expect(gist(world.ask('t3', append('log', '3')))).toBe('written');
  world.kill('t1');
  expect(gist(world.ask('t3', append('log', '4')))).toBe('written');
  awaits(world, () => sizesOf(world.tab('t2'))[0]?.[0] === 1 && isAtRest(world), 120_000);
  expect(sizesOf(world.tab('t2'))).toEqual([[1, 1]]);
  expect(gist(world.ask('t2', append('log', '5')))).toBe('written');
  const sole = configurationOf(world.tab('t2')).orders[0]?.members.voters[0]?.radiant;
  const other = world.tab('t2').id === sole ? 't3' : 't2';
  world.kill(other);
  const last = other === 't2' ? 't3' : 't2';
  awaits(world, () => sizesOf(world.tab(last))[0]?.[1] === 0 && isAtRest(world), 120_000);
  expect(gist(world.ask(last, get('log')))).toBe('"12345"');
  expectUnharmed(world);
});

test('six tabs that come one after another form two orders, and both serve their part of the keys', () => {
  const world = foundedTabs(1);
  const keys = Array.from({ length: 20 }, (_, at) => `key${at}`);
  for (const key of keys) expect(gist(world.ask('t1', put(key, key)))).toBe('written');
  for (const name of ['t2', 't3', 't4', 't5', 't6']) openBeside(world, name);
  awaits(world, () => configurationOf(world.tab('t1')).orders.length === 2 && isAtRest(world), 120_000);
  expect(sizesOf(world.tab('t6'))).toEqual([
    [3, 0],
    [3, 0],
  ]);
  for (const key of keys) expect(gist(world.ask('t5', get(key)))).toBe(`"${key}"`);
  expectUnharmed(world);
});

test('the number of orders stays as the founding chose it, whatever options later bondsmiths have', () => {
  const world = foundedTabs(1, { founding: { orders: 2 } });
  for (const name of ['t2', 't3', 't4']) openBeside(world, name, { founding: {} });
  const isDivided = () => isAtRest(world) && configurationOf(world.tab('t4')).orders.length === 2;
  awaits(world, isDivided, 120_000);
  world.event('t1', { kind: 'leave' });
  awaits(world, () => world.tab('t1').radiant.view().leaving?.kind === 'left', 60_000);
  world.kill('t1');
  awaits(world, () => bondsmithOf(world) !== undefined && isAtRest(world));
  world.run(60_000);
  expect(isDivided()).toBe(true);
  expectUnharmed(world);
});

test('six tabs form three orders of two members each, so that no order has only one copy', () => {
  const world = foundedTabs(1, { founding: { orders: 3 } });
  expect(gist(world.ask('t1', put('k', 'v')))).toBe('written');
  for (const name of ['t2', 't3', 't4', 't5', 't6']) openBeside(world, name);
  awaits(world, () => configurationOf(world.tab('t1')).orders.length === 3 && isAtRest(world), 120_000);
  world.run(TIMES.membership.promotionMs);
  awaits(world, () => isAtRest(world));
  expect(sizesOf(world.tab('t6'))).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  expect(gist(world.ask('t6', get('k')))).toBe('"v"');
  expectUnharmed(world);
});

test('a tab that leaves is released, and others take its place', () => {
  const world = foundedTabs(4);
  expect(gist(world.ask('t1', put('k', 'v')))).toBe('written');
  const leaver = bondsmithOf(world)?.name ?? 't1';
  world.event(leaver, { kind: 'leave' });
  awaits(world, () => world.tab(leaver).radiant.view().leaving?.kind === 'left', 60_000);
  expect(world.tab(leaver).radiant.replicas()).toEqual([]);
  world.kill(leaver);
  const [left] = living(world);
  awaits(world, () => isAtRest(world) && sizesOf(left ?? world.tab('t2'))[0]?.join() === '3,0');
  expect(gist(world.ask(left?.name ?? 't2', get('k')))).toBe('"v"');
  expectUnharmed(world);
});

test('six tabs leave one after another, always the bondsmith, until one is left with every write', () => {
  const world = foundedTabs(6);
  let expected = '';
  const gaps: number[] = [];
  const write = (name: string, token: string) => {
    const startMs = world.nowMs;
    expect(gist(world.ask(name, append('log', token)))).toBe('written');
    gaps.push(world.nowMs - startMs);
    expected += token;
  };
  for (let left = 6; left > 1; left--) {
    awaits(world, () => isAtRest(world) && bondsmithOf(world) !== undefined, 120_000);
    const leaver = bondsmithOf(world)?.name ?? 't1';
    const writer = living(world).find(({ name }) => name !== leaver)?.name ?? 't1';
    world.event(leaver, { kind: 'leave' });
    let round = 0;
    awaits(world, () => {
      write(writer, `${left}.${round++};`);
      return world.tab(leaver).radiant.view().leaving?.kind === 'left';
    });
    world.kill(leaver);
  }
  const [last] = living(world);
  awaits(world, () => isAtRest(world));
  expect(gist(world.ask(last?.name ?? 't1', get('log')))).toBe(`"${expected}"`);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(5_000);
  expectUnharmed(world);
});

test('the last tab cannot leave and is told why', () => {
  const world = foundedTabs(1);
  world.event('t1', { kind: 'leave' });
  awaits(world, () => {
    const { leaving } = world.tab('t1').radiant.view();
    return leaving?.kind === 'asking' && leaving.refusal?.code === 'LAST_RADIANT';
  });
  expect(gist(world.ask('t1', put('k', 'v')))).toBe('written');
});

test('after the bondsmith dies another one decides and replaces it as a voter', () => {
  const world = foundedTabs(4);
  awaits(world, () => bondsmithOf(world) !== undefined);
  const dead = bondsmithOf(world)?.name ?? 't1';
  world.kill(dead);
  const [client] = living(world);
  const name = client?.name ?? 't2';
  const outcome = world.ask(name, administer({ kind: 'fracture', slot: asSlot(77) }));
  expect(gist(outcome)).toBe('configuration');
  awaits(world, () => isAtRest(world) && sizesOf(world.tab(name))[0]?.join() === '3,0', 120_000);
  reopenBeside(world, dead);
  awaits(world, () => belongs(world, dead) && isAtRest(world), 60_000);
  expect(sizesOf(world.tab(dead))).toEqual([[3, 1]]);
  expectUnharmed(world);
});

test('after all tabs are closed and reopened the configuration and the values are the same', () => {
  const world = foundedTabs(6);
  for (const key of ['a', 'b', 'c', 'd', 'e']) expect(gist(world.ask('t3', put(key, key)))).toBe('written');
  world.run(2_000);
  const before = configurationOf(world.tab('t2'));
  const names = living(world).map(({ name }) => name);
  for (const name of names) world.kill(name);
  for (const name of names) reopenBeside(world, name);
  awaits(world, () => isAtRest(world), 60_000);
  for (const key of ['a', 'b', 'c', 'd', 'e']) expect(gist(world.ask('t5', get(key)))).toBe(`"${key}"`);
  world.run(10_000);
  expect(configurationOf(world.tab('t4'))).toEqual(before);
  expectUnharmed(world);
});

test('a repeated change returns the same configuration, and an impossible one is refused', () => {
  const world = foundedTabs(3);
  const fracture = administer({ kind: 'fracture', slot: asSlot(5) });
  const first = world.ask('t1', fracture);
  const again = world.ask('t2', fracture);
  expect(first).toEqual(again);
  expect(gist(world.ask('t3', administer({ kind: 'move', slot: asSlot(5), to: world.newId() })))).toBe('UNKNOWN_ORDER');
  expect(gist(world.ask('t3', { kind: 'query', number: 1 }))).toBe('configuration');
  expect(gist(world.ask('t3', { kind: 'query', number: 99 }))).toBe('UNKNOWN_CONFIGURATION');
});

test('a tab with the role client never becomes a member', () => {
  const world = foundedTabs(3);
  openBeside(world, 'page', { role: 'client' });
  world.run(15_000);
  expect(belongs(world, 'page')).toBe(false);
  expect(gist(world.ask('page', put('k', 'v')))).toBe('written');
  expect(gist(world.ask('page', get('k')))).toBe('"v"');
});
