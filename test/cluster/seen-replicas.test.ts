import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasLost, mergeSightings, SeenReplicas } from '../../src/cluster/seen-replicas.ts';
import type { SeenReplica } from '../../src/wire/frames/frame.ts';
import { asReplicaId, idFromBytes } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';

const group = idFromBytes<SeenReplica['group']>(new Uint8Array(16).fill(1));
const boot = (number: number) => idFromBytes<SeenReplica['boot']>(new Uint8Array(16).fill(number));
const position = fc.record({ voteEpoch: fc.nat(4), index: fc.nat(9), committedIndex: fc.nat(9) });

function sighting(startCounter: number, part: Partial<SeenReplica> = {}): SeenReplica {
  const base = { group, replica: asReplicaId(1), boot: boot(startCounter), startCounter };
  return { ...base, position: { voteEpoch: 2, index: 5, committedIndex: 4 }, ...part };
}

const beginning = (startCounter: number, atStart = { voteEpoch: 2, index: 5, committedIndex: 4 }) => ({
  boot: boot(startCounter),
  startCounter,
  atStart,
});

test('a later boot with all data that peers saw has lost nothing', () => {
  expect(hasLost(beginning(4), sighting(3))).toBe(false);
  expect(hasLost(beginning(4, { voteEpoch: 3, index: 4, committedIndex: 4 }), sighting(3))).toBe(false);
});

test('a boot with less data than peers saw has lost data', () => {
  expect(hasLost(beginning(4, { voteEpoch: 1, index: 9, committedIndex: 4 }), sighting(3))).toBe(true);
  expect(hasLost(beginning(4, { voteEpoch: 2, index: 4, committedIndex: 4 }), sighting(3))).toBe(true);
  expect(hasLost(beginning(4, { voteEpoch: 3, index: 3, committedIndex: 3 }), sighting(3))).toBe(true);
  expect(hasLost({ ...beginning(4), atStart: undefined }, sighting(3))).toBe(true);
});

test('a start counter that does not grow reveals an older copy of the disk', () => {
  expect(hasLost({ ...beginning(3), boot: boot(9) }, sighting(3))).toBe(true);
  expect(hasLost(beginning(2), sighting(3))).toBe(true);
});

test('a sighting of the same boot never proves a loss', () => {
  expect(hasLost({ ...beginning(3), atStart: undefined }, sighting(3))).toBe(false);
});

test('sightings merge to the same result in any order, and none is undone', () => {
  const sightings = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), position), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(sightings, (list) => {
      const all = list.map(([startCounter, at]) => sighting(startCounter, { position: at }));
      const merged = all.reduce(mergeSightings);
      expect(all.toReversed().reduce(mergeSightings)).toEqual(merged);
      expect(merged.startCounter).toBe(Math.max(...list.map(([startCounter]) => startCounter)));
      expect(merged.position.committedIndex).toBe(Math.max(...list.map(([, { committedIndex }]) => committedIndex)));
      const [forwards, backwards] = [new SeenReplicas(), new SeenReplicas()];
      for (const one of all) forwards.note(one);
      for (const one of all.toReversed()) backwards.note(one);
      expect(backwards.all()).toEqual(forwards.all());
      expect(forwards.all().reduce(mergeSightings)).toEqual(merged);
    }),
  );
});

test('a report by the radiant that met a boot first does not excuse lost data', () => {
  const before = sighting(3);
  const rolledBack = { voteEpoch: 2, index: 4, committedIndex: 3 };
  for (const order of [
    [before, sighting(4, { position: rolledBack })],
    [sighting(4, { position: rolledBack }), before],
  ]) {
    const seen = new SeenReplicas();
    for (const one of order) seen.note(one);
    expect(seen.provesLoss(group, before.replica, beginning(4, rolledBack))).toBe(true);
    const heard = new SeenReplicas();
    for (const one of seen.all()) heard.note(one);
    expect(heard.provesLoss(group, before.replica, beginning(4, rolledBack))).toBe(true);
    expect(heard.provesLoss(group, before.replica, beginning(4))).toBe(false);
  }
});

test('a new sighting is handed out for writing once', () => {
  const seen = new SeenReplicas();
  expect(seen.takeUnwritten(group)).toBeUndefined();
  expect(seen.note(sighting(3))).toBe(true);
  expect(seen.takeUnwritten(group)).toEqual([sighting(3)]);
  expect(seen.note(sighting(3))).toBe(false);
  expect(seen.takeUnwritten(group)).toBeUndefined();
});

test('sightings beyond the limit do not displace earlier ones', () => {
  const seen = new SeenReplicas();
  for (let at = 1; at <= LIMITS.liveness.seenReplicas + 5; at++) seen.note(sighting(1, { replica: asReplicaId(at) }));
  expect(seen.all()).toHaveLength(LIMITS.liveness.seenReplicas);
  expect(seen.all()[0]?.replica).toBe(1);
});

test('the sighting of a removed replica is forgotten and makes room', () => {
  const seen = new SeenReplicas();
  for (let replica = 1; replica <= LIMITS.liveness.seenReplicas; replica++)
    seen.note(sighting(1, { replica: asReplicaId(replica) }));
  expect(seen.note(sighting(1, { replica: asReplicaId(LIMITS.liveness.seenReplicas + 1) }))).toBe(false);
  seen.takeUnwritten(group);
  seen.forget(group, (replica) => replica <= 10);
  expect(seen.takeUnwritten(group)).toHaveLength(LIMITS.liveness.seenReplicas - 10);
  expect(seen.note(sighting(1, { replica: asReplicaId(LIMITS.liveness.seenReplicas + 1) }))).toBe(true);
});
