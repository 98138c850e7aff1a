/** A radiant's memory of its departure after its tab is opened again. */
import { expect, test } from 'vitest';
import { awaits, belongs, bondsmithOf, configurationOf, isAtRest, living, reopenBeside } from './founded-world.ts';
import { append, get, gist, foundedTabs, type SmallWorld } from './small-world.ts';

const LEAVE_MS = 60_000;

function leave(world: SmallWorld, name: string): void {
  world.event(name, { kind: 'leave' });
  world.until(() => world.tab(name).radiant.view().leaving?.kind === 'left', LEAVE_MS);
}

function placesOf(world: SmallWorld, name: string): readonly string[] {
  const { id, radiant } = world.tab(name);
  const { orders, bondsmith } = radiant.view();
  return [...orders, ...(bondsmith === undefined ? [] : [bondsmith])].flatMap(({ replica, members }) => {
    const listed = members
      .filter((member) => member.radiant === id)
      .map(({ memberKind }) => `is listed as ${memberKind}`);
    return replica === undefined ? listed : [`is a ${replica.role}`, ...listed];
  });
}

test('a radiant that has left knows after a restart, before it has a link, that it is a member of no order', () => {
  const world = foundedTabs(4);
  leave(world, 't1');
  world.kill('t1');
  world.reopen('t1');
  world.run(5_000);
  expect(placesOf(world, 't1')).toEqual([]);
});

test('a radiant on a slow disk has left only once its disk shows that it is a member of no order', () => {
  const world = foundedTabs(4);
  // Member t1 of the bondsmith's order learns of the removal at once. Others learn of it from a message.
  for (const name of ['t1', 't2']) {
    world.flushMs = (tab) => (tab.name === name ? 700 : 1);
    leave(world, name);
    world.kill(name);
    world.reopen(name);
    world.run(5_000);
    expect(placesOf(world, name)).toEqual([]);
    world.kill(name);
    awaits(world, () => isAtRest(world) && bondsmithOf(world) !== undefined);
  }
});

test('a radiant that was killed before its leave was granted is still a voter', () => {
  const world = foundedTabs(3);
  expect(gist(world.ask('t1', append('log', '1')))).toBe('written');
  world.event('t1', { kind: 'leave' });
  world.kill('t1');
  world.kill('t2');
  world.reopen('t1');
  expect(placesOf(world, 't1')).toContain('is listed as voter');
  world.link('t1', 't3');
  // Two of three voters are left, so the majority needs the voter that asked to leave.
  expect(gist(world.ask('t3', append('log', '2')))).toBe('written');
});

test('a radiant that returns gets a place as a new replica', () => {
  const world = foundedTabs(4);
  expect(gist(world.ask('t1', append('log', '1')))).toBe('written');
  leave(world, 't1');
  world.kill('t1');
  reopenBeside(world, 't1');
  awaits(world, () => belongs(world, 't1') && isAtRest(world));
  const [order] = world.tab('t1').radiant.view().orders;
  expect(order?.replica?.replica).toBeGreaterThan(4);
  expect(configurationOf(world.tab('t1')).orders).toHaveLength(1);
  expect(gist(world.ask('t1', get('log')))).toBe('"1"');
  for (const tab of living(world)) expect(tab.halted).toBeUndefined();
});
