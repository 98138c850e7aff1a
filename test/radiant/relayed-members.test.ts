/** Radiants that the bondsmith reaches only through a relay can be members and voters like all others. */
import { expect, test } from 'vitest';
import { TIMES } from '../../src/wire/times.ts';
import { awaits, belongs, bondsmithOf, configurationOf, isAtRest } from './founded-world.ts';
import { get, gist, foundedTabs, put } from './small-world.ts';

test('a newcomer behind a relay joins and votes after a while', () => {
  const world = foundedTabs(1);
  const [founder] = world.tabs.values();
  if (founder === undefined) throw new Error('a tab');
  expect(gist(world.ask('t1', put('k', 'v')))).toBe('written');
  world.open('b');
  world.link('t1', 'b');
  awaits(world, () => belongs(world, 'b') && isAtRest(world));
  expect(bondsmithOf(world)?.name).toBe('t1');
  world.open('c');
  world.link('b', 'c');
  awaits(world, () => belongs(world, 'c'));
  awaits(world, () => configurationOf(founder).orders[0]?.members.voters.length === 3 && isAtRest(world));
  expect(world.tab('c').radiant.view().orders[0]?.replica?.role).not.toBe('learner');
  expect(gist(world.ask('c', get('k')))).toBe('"v"');
});

test('a member that returns without a link to the bondsmith counts as present, so nothing is decided', () => {
  const world = foundedTabs(6);
  awaits(world, () => isAtRest(world));
  const bondsmith = bondsmithOf(world);
  const member = [...world.tabs.values()].find((tab) => tab !== bondsmith);
  if (bondsmith === undefined || member === undefined) throw new Error('a bondsmith and others');
  const { orders } = configurationOf(bondsmith);
  world.kill(member.name);
  world.run(TIMES.liveness.peerMemoryMs / 2);
  world.reopen(member.name);
  for (const { name } of world.tabs.values()) {
    if (name !== member.name && name !== bondsmith.name) world.link(member.name, name);
  }
  awaits(world, () => isAtRest(world));
  world.run(TIMES.membership.promotionMs);
  expect(bondsmithOf(world)).toBe(bondsmith);
  expect(configurationOf(bondsmith).orders).toEqual(orders);
});

test('a new bondsmith counts radiants behind relays as present', () => {
  const world = foundedTabs(6);
  awaits(world, () => isAtRest(world));
  const before = bondsmithOf(world);
  if (before === undefined) throw new Error('a bondsmith');
  const { orders } = configurationOf(before);
  // The links form a ring with chords. Each radiant reaches every other with at most one relay.
  const names = [...world.tabs.keys()];
  for (const [at, one] of names.entries()) {
    for (const other of names.slice(at + 1)) if ((names.indexOf(other) - at) % 2 === 0) world.unlink(one, other);
  }
  world.run(TIMES.liveness.neighbourSilenceMs);
  world.kill(before.name);
  awaits(world, () => bondsmithOf(world) !== undefined && bondsmithOf(world) !== before);
  world.run(TIMES.membership.promotionMs);
  const after = bondsmithOf(world);
  expect(after && configurationOf(after).orders).toEqual(orders);
});
