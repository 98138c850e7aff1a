import { expect, test } from 'vitest';
import { isOut, memberListOf, quorumGap, saysTheSame } from '../../src/cluster/member-list.ts';
import { firstRoster, rosterAfter } from '../../src/cluster/roster.ts';
import type { Participant } from '../../src/wire/configuration/configuration.ts';
import type { DeviceId, OrderId, RadiantId } from '../../src/wire/identifiers.ts';
import { asLogIndex, asReplicaId, parseId } from '../../src/wire/identifiers.ts';

const digits = (at: number) => at.toString(16).padStart(32, '0');
const radiant = (at: number) => parseId<RadiantId>(digits(at));
const participant = (at: number): Participant => ({ radiant: radiant(at), device: parseId<DeviceId>(digits(at)) });
const replicas = (...ids: readonly number[]) => ids.map(asReplicaId);
const ORDER = parseId<OrderId>(digits(0xff));

const BIRTH = firstRoster([1, 2, 3].map((at) => ({ ...participant(at), replica: asReplicaId(at) })));
const WISH = { kind: 'members', logTimeMs: 0, number: 1, voters: [1, 4, 5].map(participant), learners: [] } as const;
const WISHED = rosterAfter(BIRTH, WISH);
const REACHED = rosterAfter(WISHED, { kind: 'members-reached', logTimeMs: 0, number: 1 });

const before = memberListOf(ORDER, asLogIndex(5), BIRTH, {
  voters: replicas(1, 2, 3),
  learners: [],
  outgoingVoters: [],
});
const joint = memberListOf(ORDER, asLogIndex(7), WISHED, {
  voters: replicas(1, 4, 5),
  learners: [],
  outgoingVoters: replicas(1, 2, 3),
});
const after = memberListOf(ORDER, asLogIndex(9), REACHED, {
  voters: replicas(1, 4, 5),
  learners: [],
  outgoingVoters: [],
});

const missing = (list: typeof joint, ...reachable: readonly number[]) =>
  quorumGap(list, (id) => reachable.map(radiant).includes(id))?.missing.map(({ replica }) => replica);

test('during a change of members, a quorum needs a majority of the old and of the new voters', () => {
  expect(missing(before, 1, 2)).toBeUndefined();
  expect(missing(joint, 1, 2)).toEqual([4, 5]);
  expect(missing(joint, 1, 4, 5)).toEqual([2, 3]);
  expect(missing(joint, 1, 2, 4)).toBeUndefined();
  expect(missing(after, 4, 5)).toBeUndefined();
  expect(missing(after, 1, 2, 3)).toEqual([4, 5]);
});

test('only a reached target removes a member, and a replica with a future id does not count as removed', () => {
  expect([1, 2, 3, 4, 5, 6].filter((at) => isOut(joint, asReplicaId(at)))).toEqual([]);
  expect([1, 2, 3, 4, 5, 6].filter((at) => isOut(after, asReplicaId(at)))).toEqual([2, 3]);
});

test('two member lists are equal even if the log has grown between them', () => {
  expect(saysTheSame(joint, { ...joint, index: asLogIndex(8) })).toBe(true);
  expect(saysTheSame(before, joint)).toBe(false);
  expect(saysTheSame(joint, after)).toBe(false);
});
