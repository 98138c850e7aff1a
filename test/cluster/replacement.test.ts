import { expect, test } from 'vitest';
import { replacementTarget, type VoterObservation } from '../../src/cluster/replacement.ts';
import { firstRoster, rosterAfter } from '../../src/cluster/roster.ts';
import type { Participant } from '../../src/wire/configuration/configuration.ts';
import type { DeviceId, RadiantId } from '../../src/wire/identifiers.ts';
import { asReplicaId, parseId } from '../../src/wire/identifiers.ts';
import { INTERVALS } from '../../src/wire/limits.ts';
import type { Roster } from '../../src/wire/configuration/roster.ts';

const digits = (at: number) => at.toString(16).padStart(32, '0');
const on = (device: number, radiant: number): Participant => ({
  radiant: parseId<RadiantId>(digits(radiant)),
  device: parseId<DeviceId>(digits(device)),
});
/** Radiants 1, 2 and 3, each on a device of its own with the same number. */
const ROSTER = firstRoster([1, 2, 3].map((at) => ({ ...on(at, at), replica: asReplicaId(at) })));
const THERE: VoterObservation = { votes: true, silentMs: 0, isRetired: false };

function chosen(
  roster: Roster,
  voters: Readonly<Record<number, Partial<VoterObservation>>>,
  ...present: Participant[]
) {
  const voter = (radiant: RadiantId) => ({ ...THERE, ...voters[Number.parseInt(radiant, 16)] });
  const target = replacementTarget(roster, { voter, present });
  return target?.voters.map(({ radiant }) => Number.parseInt(radiant, 16));
}

test('as long as everyone is heard of, everyone stays', () => {
  expect(chosen(ROSTER, {}, on(9, 9))).toBeUndefined();
  expect(chosen(ROSTER, { 2: { silentMs: INTERVALS.deadAfterMs - 1 } }, on(9, 9))).toBeUndefined();
});

test('a voter that was silent for too long is replaced; one whose data is lost at once', () => {
  expect(chosen(ROSTER, { 2: { silentMs: INTERVALS.deadAfterMs } }, on(9, 9))).toEqual([1, 3, 9]);
  expect(chosen(ROSTER, { 2: { isRetired: true } }, on(9, 9))).toEqual([1, 3, 9]);
});

test('where nobody can take its place a voter stays', () => {
  expect(chosen(ROSTER, { 2: { isRetired: true } })).toBeUndefined();
  expect(chosen(ROSTER, { 2: { isRetired: true } }, on(1, 1))).toBeUndefined();
  expect(chosen(ROSTER, { 2: { isRetired: true }, 3: { isRetired: true } }, on(9, 9))).toEqual([1, 9, 3]);
});

test('a radiant of the same device comes first, then a learner, then one of a device without a voter', () => {
  const dead = { 2: { isRetired: true } };
  expect(chosen(ROSTER, dead, on(9, 9), on(2, 8))).toEqual([1, 3, 8]);
  expect(chosen(ROSTER, dead, on(1, 7), on(9, 9))).toEqual([1, 3, 9]);
  const [one, two, three] = [on(1, 1), on(2, 2), on(3, 3)];
  const target = { kind: 'members', logTimeMs: 0, number: 1, voters: [one, two, three], learners: [on(1, 7)] } as const;
  expect(chosen(rosterAfter(ROSTER, target), dead, on(9, 9), on(1, 7))).toEqual([1, 3, 7]);
});

test('nobody waits long for one that does not vote yet', () => {
  const silentMs = INTERVALS.catchUpPatienceMs;
  expect(chosen(ROSTER, { 2: { silentMs } }, on(9, 9))).toBeUndefined();
  expect(chosen(ROSTER, { 2: { silentMs, votes: false } }, on(9, 9))).toEqual([1, 3, 9]);
});
