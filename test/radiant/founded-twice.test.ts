import { expect, test } from 'vitest';
import { gist, get, put, SmallWorld } from './small-world.ts';

const orderOf = (world: SmallWorld, name: string) => world.tab(name).radiant.view().orders[0];

/**
 * Builds a world in which a founds twice. The disk of a is rolled back to before its founding. Then a founds again with
 * d and e, while b and c are closed.
 */
function foundTwice(): SmallWorld {
  const world = new SmallWorld();
  world.open('a', { founder: true });
  world.open('b');
  world.open('c');
  const copy = world.tab('a').disk.copy();
  world.linkAll('a', 'b', 'c');
  world.until(() => ['a', 'b', 'c'].every((name) => orderOf(world, name)?.herald !== undefined));
  expect(gist(world.ask('b', put('k', 'first')))).toBe('written');
  for (const name of ['a', 'b', 'c']) world.kill(name);
  world.tab('a').disk.rollBack(copy);
  world.reopen('a');
  world.open('d');
  world.open('e');
  world.linkAll('a', 'd', 'e');
  world.until(() => ['a', 'd', 'e'].every((name) => orderOf(world, name)?.herald !== undefined));
  expect(gist(world.ask('d', get('k')))).toBe('missing');
  return world;
}

test('a founder that founded again is retired when it meets members of the first founding', () => {
  const world = foundTwice();
  world.reopen('b');
  world.reopen('c');
  world.linkAll('a', 'b', 'c');
  world.until(() => world.tab('a').halted !== undefined);
  expect(world.tab('a').halted?.code).toBe('STORAGE_LOST');
  world.until(() => orderOf(world, 'b')?.herald !== undefined);
  expect(gist(world.ask('b', get('k')))).toBe('"first"');
});

test('radiants of two foundings that meet report it, keep their data and take none of each other’s places', () => {
  const world = foundTwice();
  world.reopen('b');
  world.reopen('c');
  world.link('b', 'c');
  for (const one of ['b', 'c']) for (const other of ['d', 'e']) world.link(one, other);
  const foreignTo = (name: string) => [...world.tab(name).radiant.view().foreign].sort();
  const ids = (...names: readonly string[]) => names.map((name) => world.tab(name).id).sort();
  world.until(() => ['b', 'c', 'd', 'e'].every((name) => foreignTo(name).length === 2));
  expect(foreignTo('c')).toEqual(ids('d', 'e'));
  expect(foreignTo('e')).toEqual(ids('b', 'c'));
  world.event('b', { kind: 'identity-retired', radiant: world.tab('a').id });
  world.run(20_000);
  const membersOf = (name: string) => orderOf(world, name)?.members.map(({ radiant }) => radiant) ?? [];
  for (const name of ['b', 'c', 'd', 'e']) expect(world.tab(name).halted).toBeUndefined();
  // Voters b and c removed the founder, because they remember it. No radiant of the other founding takes its place.
  for (const name of ['b', 'c']) expect([...membersOf(name)].sort()).toEqual(ids('b', 'c'));
  for (const name of ['d', 'e']) expect([...membersOf(name)].sort()).toEqual(ids('a', 'd', 'e'));
  expect(gist(world.ask('b', get('k')))).toBe('"first"');
  expect(gist(world.ask('d', get('k')))).toBe('missing');
});
