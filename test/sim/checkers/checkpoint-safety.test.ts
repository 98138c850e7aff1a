import { beforeEach, expect, test } from 'vitest';
import { RaftSafety } from '../../../src/sim/checkers/raft/raft-safety.ts';
import { ReplicaAgreement } from '../../../src/sim/checkers/replica-agreement.ts';
import { changing, chunk, cut, log, manifest, membershipOf, ScriptedReplica } from './scripted-replica.ts';

const VOTERS = [1, 2, 3];
const THREE = membershipOf(VOTERS);
const FETCHED = chunk(4, 0, 'fetched');
const INSTALLED = manifest({ index: 4, term: 1, membership: THREE, origin: 'fetched' });

/**
 * Three replicas of one order. Replicas 1 and 2 have applied four entries of term 1, in two records. Replica 3 has
 * applied two of the entries.
 */
let safety: RaftSafety;
let leader: ScriptedReplica;
let follower: ScriptedReplica;
let laggard: ScriptedReplica;

beforeEach(() => {
  safety = new RaftSafety();
  const born = (replica: number): ScriptedReplica => new ScriptedReplica(safety, replica, VOTERS).born();
  [leader, follower, laggard] = [born(1), born(2), born(3)];
  for (const voter of [leader, follower, laggard]) voter.votes(1, 1).appends(1, { term: 1 }, { term: 1 });
  for (const voter of [leader, follower]) voter.appends(3, { term: 1 }, { term: 1 });
  leader.stands({ role: 'leader', term: 1, committed: 4, applied: 4 });
  follower.stands({ term: 1, committed: 4, applied: 4 });
});

test('entries before a checkpoint may be deleted, and the log continues', () => {
  leader
    .writes(chunk(4))
    .writes(manifest({ index: 4, term: 1, membership: THREE }))
    .writes(cut(1), cut(3));
  leader.says('append-response', 2, { term: 1, index: 4 });
  expect(() => leader.appends(5, { term: 1 })).not.toThrow();
});

test('a log that is cut before its checkpoint is durable is reported', () => {
  expect(() => leader.begins(cut(1))).toThrow('the log is never cut beyond the durable checkpoint');
});

test('a log that is cut beyond its checkpoint is reported', () => {
  leader
    .writes(chunk(2))
    .writes(manifest({ index: 2, term: 1, membership: THREE }))
    .writes(cut(1));
  expect(() => leader.begins(cut(3))).toThrow('the log is never cut beyond the durable checkpoint');
});

test('a manifest without its chunks is reported, also after they are deleted', () => {
  expect(() => leader.begins(manifest({ index: 4, term: 1, membership: THREE }))).toThrow('names only stored chunks');
  leader.writes(chunk(4)).writes(manifest({ index: 4, term: 1, membership: THREE }));
  expect(() => leader.begins({ ...chunk(4), kind: 'delete' })).toThrow('names only stored chunks');
});

test('a checkpoint of unapplied entries is reported', () => {
  leader.appends(5, { term: 1 }).writes(chunk(5));
  expect(() => leader.begins(manifest({ index: 5, term: 1, membership: THREE }))).toThrow(
    'covers only applied entries',
  );
});

test('a checkpoint whose members differ from the log is reported', () => {
  leader.writes(chunk(4));
  const membership = membershipOf([1, 2], [3]);
  expect(() => leader.begins(manifest({ index: 4, term: 1, membership }))).toThrow('names the membership at its index');
});

test('a checkpoint older than its predecessor is reported', () => {
  leader.writes(chunk(4), chunk(2)).writes(manifest({ index: 4, term: 1, membership: THREE }));
  expect(() => leader.begins(manifest({ index: 2, term: 1, membership: THREE }))).toThrow('never goes back');
});

test('an installed state replaces the whole log, and counts as its entries', () => {
  laggard.writes(FETCHED).writes(INSTALLED, cut(1));
  laggard.stands({ term: 1, committed: 4, applied: 4 });
  laggard.says('append-response', 1, { term: 1, index: 4 });
  expect(() => laggard.appends(5, { term: 1 })).not.toThrow();
});

test('an installed state that keeps earlier log entries is reported', () => {
  laggard.writes(FETCHED);
  expect(() => laggard.begins(INSTALLED)).toThrow('replaces the whole log');
});

test('an installed state that was never committed is reported', () => {
  laggard.writes(FETCHED);
  const unheardOf = manifest({ index: 4, term: 2, membership: THREE, origin: 'fetched' });
  expect(() => laggard.begins(unheardOf, cut(1))).toThrow('a checkpoint covers only committed entries');
});

test('a replica that discards acknowledged entries for an older state is reported', () => {
  follower.writes(chunk(2, 0, 'fetched'));
  const early = manifest({ index: 2, term: 1, membership: THREE, origin: 'fetched' });
  expect(() => follower.begins(early, cut(1), cut(3))).toThrow('the log is never cut beyond the durable checkpoint');
});

test('a replica that acknowledges more than its state and log hold is reported', () => {
  laggard.writes(FETCHED).writes(INSTALLED, cut(1));
  expect(() => laggard.says('append-response', 1, { term: 1, index: 5 })).toThrow(
    'an entry is durable before it is acknowledged',
  );
});

test('a replica that acknowledges an entry its leader does not have is reported', () => {
  leader.votes(3, 1).appends(5, { term: 3 });
  for (const voter of [follower, laggard]) voter.votes(3, 1);
  leader.stands({ role: 'leader', term: 3 });
  follower.appends(5, { term: 2 });
  expect(() => follower.says('append-response', 1, { term: 3, index: 5 })).toThrow("is the leader's entry");
});

test('a replica that uses a fetched state before it is durable is reported', () => {
  laggard.writes(FETCHED).begins(INSTALLED, cut(1));
  expect(() => laggard.stands({ term: 1, committed: 4, applied: 4 })).toThrow(
    'an entry is durable before it is applied',
  );
});

test('a boot with a checkpoint applies the entries after it, with or without older log entries', () => {
  const found = [
    ...leader.birth(),
    chunk(4),
    manifest({ index: 4, term: 1, membership: THREE }),
    log(3, { term: 1 }, { term: 1 }, { term: 1 }),
  ];
  const records = new Map(found.flatMap((change) => (change.kind === 'put' ? [[change.key, change.value]] : [])));
  const again = new ScriptedReplica(safety, 1, VOTERS);
  safety.started(again, records);
  again.stands({ term: 1, committed: 4, applied: 4 });
  expect(() => again.says('append-response', 2, { term: 1, index: 5 })).not.toThrow();
  expect(() => again.appends(6, { term: 1 })).not.toThrow();
});

test('a membership change before the compaction point is known from the state', () => {
  leader.appends(5, { term: 1, change: changing(['remove', 3]) });
  follower.appends(5, { term: 1, change: changing(['remove', 3]) });
  leader.stands({ committed: 5, applied: 5 });
  leader.writes(chunk(5));
  expect(() => leader.begins(manifest({ index: 5, term: 1, membership: membershipOf([1, 2]) }))).not.toThrow();
});

test("a checkpoint with a digest that differs from the replicas' state is reported", () => {
  const agreement = new ReplicaAgreement();
  const [one, other] = [1, 2].map((replica) => new ScriptedReplica(agreement, replica, VOTERS));
  if (one === undefined || other === undefined) throw new Error('two replicas');
  one.stateDigest = 'the state';
  one.stands({ applied: 4 });
  expect(() => other.begins(manifest({ index: 4, term: 1, membership: THREE, digest: 'another' }))).toThrow(
    'replicas agree',
  );
});
