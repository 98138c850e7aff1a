import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstRoster, memberOf, refusalOf, rosterAfter, rosterDigest, targetOf } from '../../src/cluster/roster.ts';
import type { CompanionEntry, MembersEntry, RosterEntry } from '../../src/wire/entries/command.ts';
import type { Participant } from '../../src/wire/configuration/configuration.ts';
import type { DeviceId, RadiantId, ReplicaId } from '../../src/wire/identifiers.ts';
import { asReplicaId, parseId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { decodeRoster, encodeRoster, type Roster } from '../../src/wire/configuration/roster.ts';

const participant = (at: number): Participant => {
  const digits = at.toString(16).padStart(32, '0');
  return { radiant: parseId<RadiantId>(digits), device: parseId<DeviceId>(digits) };
};
const BIRTH = firstRoster([1, 2, 3].map((at) => ({ ...participant(at), replica: asReplicaId(at) })));

const target = (number: number, voters: readonly number[], learners: readonly number[] = []): MembersEntry => ({
  kind: 'members',
  logTimeMs: 0,
  number,
  voters: voters.map(participant),
  learners: learners.map(participant),
});
const reached = (number: number): MembersEntry => ({ kind: 'members-reached', logTimeMs: 0, number });
/** Whether the replica was a member in the past and is not one now. */
const isGone = ({ nextReplica, members }: Roster, gone: ReplicaId) =>
  gone < nextReplica && !members.some(({ replica }) => replica === gone);
const companion = (replica: number | undefined): CompanionEntry => ({
  kind: 'companion',
  logTimeMs: 0,
  companion: replica === undefined ? undefined : asReplicaId(replica),
});
const after = (...log: readonly RosterEntry[]): Roster => log.reduce(rosterAfter, BIRTH);

/**
 * Random steps: new targets and reached targets. `numbersOn` is the distance to the latest number; a negative distance
 * makes the step late.
 */
const anyStep = fc.record({
  numbersOn: fc.integer({ min: -2, max: 3 }),
  kind: fc.constantFrom('members', 'members-reached', 'companion'),
  companion: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
  all: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 7, size: 'max' }),
  voters: fc.integer({ min: 1, max: 7 }),
});
const anyLog = fc.array(anyStep, { maxLength: 40, size: 'max' }).map((steps) => {
  let number = 1;
  return steps.map(({ numbersOn, kind, companion: replica, all, voters }): RosterEntry => {
    if (kind === 'companion') return companion(replica);
    if (kind === 'members-reached') return reached(number + Math.min(0, numbersOn + 1));
    number = Math.max(1, number + numbersOn);
    return target(number, all.slice(0, voters), all.slice(voters));
  });
});

test('no replica id is given to two radiants or twice to one, whatever is proposed', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const holders = new Map<number, string>();
      const gone = new Set<number>();
      let roster = BIRTH;
      for (const entry of log) {
        const before = roster;
        roster = rosterAfter(roster, entry);
        const broken = roster.members.filter(
          ({ replica, radiant }) =>
            (holders.get(replica) ?? radiant) !== radiant || gone.has(replica) || replica >= roster.nextReplica,
        );
        expect(broken).toEqual([]);
        for (const { replica, radiant } of roster.members) holders.set(replica, radiant);
        for (const { replica } of before.members) if (isGone(roster, replica)) gone.add(replica);
        expect(new Set(roster.members.map(({ radiant }) => radiant)).size).toBe(roster.members.length);
      }
    }),
  );
});

test('a target without a higher number changes nothing, and the highest target is reconciled', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      let highest = 0;
      let roster = BIRTH;
      for (const entry of log) {
        const before = roster;
        roster = rosterAfter(roster, entry);
        expect(roster.number).toBeGreaterThanOrEqual(highest);
        const isOlder = entry.kind === 'members' && entry.number <= highest;
        expect(roster === before || !isOlder).toBe(true);
        if (roster.number === highest) continue;
        highest = roster.number;
        const named = (replicas: readonly number[]) =>
          roster.members
            .filter(({ replica }) => replicas.includes(replica))
            .map(({ radiant, device }) => ({ radiant, device }));
        const { voters, learners } = targetOf(roster);
        if (entry.kind !== 'members') throw new Error('only a target has a number');
        expect(new Set(named(voters))).toEqual(new Set(entry.voters));
        expect(new Set(named(learners))).toEqual(new Set(entry.learners));
      }
    }),
  );
});

test('the same entries make the same roster, also from an encoded one', () => {
  fc.assert(
    fc.property(anyLog, fc.nat(40), (log, at) => {
      const begun = decodeRoster(encodeRoster(log.slice(0, at).reduce(rosterAfter, BIRTH)));
      const roster = log.slice(at).reduce(rosterAfter, begun);
      expect(roster).toEqual(after(...log));
      expect(rosterDigest(roster)).toBe(rosterDigest(after(...log)));
    }),
  );
});

test('a member that stays keeps its replica id, and a newcomer gets the next one', () => {
  const roster = after(target(1, [2, 4, 3], [1]));
  expect(roster.members.map(({ replica, wanted }) => [replica, wanted])).toEqual([
    [1, 'learner'],
    [2, 'voter'],
    [3, 'voter'],
    [4, 'voter'],
  ]);
});

test('a removed member returns as another replica, and one that was not yet removed as the same', () => {
  const without = target(1, [1, 2]);
  const back = after(without, reached(1), target(2, [1, 2, 3]));
  expect(memberOf(back, participant(3).radiant)?.replica).toBe(4);
  expect(isGone(back, asReplicaId(3))).toBe(true);
  expect(memberOf(after(without, target(2, [1, 2, 3])), participant(3).radiant)?.replica).toBe(3);
  expect(memberOf(after(without, target(2, [1, 2, 3]), reached(1)), participant(3).radiant)?.replica).toBe(3);
});

test('the entry that an earlier target is reached does not count for the latest target', () => {
  const roster = after(target(2, [1, 2]), reached(1));
  expect(roster.isReached).toBe(false);
  expect(roster.members).toHaveLength(3);
});

test('a target that would let the roster grow without bound does nothing', () => {
  let roster = BIRTH;
  for (let number = 1; number < 200; number++) roster = rosterAfter(roster, target(number, [10 + number]));
  expect(roster.members).toHaveLength(LIMITS.configuration.rosterMembers);
  expect(refusalOf(roster, { number: 200, voters: [participant(999)], learners: [] })).toBe('too-many');
  expect(rosterAfter(roster, reached(roster.number)).members).toHaveLength(1);
});

test('a companion is always a learner of a sole voter, or a member of a target that is not reached', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      let roster = BIRTH;
      for (const entry of log) {
        roster = rosterAfter(roster, entry);
        const member = roster.members.find(({ replica }) => replica === roster.companion);
        expect(member !== undefined).toBe(roster.companion !== undefined);
        if (member === undefined) continue;
        const memberKind = roster.isReached ? [targetOf(roster).voters.length, member.wanted] : [1, 'learner'];
        expect(memberKind).toEqual([1, 'learner']);
      }
    }),
  );
});

test('a companion that becomes a voter stays the companion until the change is reached', () => {
  const alone = [target(1, [1], [2, 3]), reached(1), companion(2)];
  expect(after(...alone).companion).toBe(2);
  const growing = [...alone, target(2, [1, 2, 3])];
  expect(after(...growing).companion).toBe(2);
  expect(after(...growing, reached(2)).companion).toBeUndefined();
  expect(after(...growing, reached(2), companion(3)).companion).toBeUndefined();
  // The companion was named before the voter became the only one.
  expect(after(target(1, [1], [2]), companion(2), reached(1)).companion).toBe(2);
});

test('an unwanted companion ends when the target is reached or another one is named, and a lost one ends at once', () => {
  const alone = [target(1, [1], [2, 3]), reached(1), companion(2)];
  expect(after(...alone, target(2, [1], [3])).companion).toBe(2);
  expect(after(...alone, target(2, [1], [3]), companion(3)).companion).toBe(3);
  expect(after(...alone, target(2, [1], [3]), companion(3), companion(2)).companion).toBe(3);
  expect(after(...alone, target(2, [1], [3]), reached(2)).companion).toBeUndefined();
  expect(after(...alone, companion(undefined)).companion).toBeUndefined();
  expect(after(...alone, companion(9)).companion).toBe(2);
  expect(after(...alone, companion(3)).companion).toBe(3);
});
