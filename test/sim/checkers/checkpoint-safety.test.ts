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

test('a checkpoint stands for the entries before it: they may go, and the log goes on', () => {
  leader
    .writes(chunk(4))
    .writes(manifest({ index: 4, term: 1, membership: THREE }))
    .writes(cut(1), cut(3));
  leader.says('append-response', 2, { term: 1, index: 4 });
  expect(() => leader.appends(5, { term: 1 })).not.toThrow();
});

test('a log that is cut before its checkpoint is there is told', () => {
  expect(() => leader.begins(cut(1))).toThrow('the log is never cut beyond the durable checkpoint');
});

test('a log that is cut further than its checkpoint reaches is told', () => {
  leader
    .writes(chunk(2))
    .writes(manifest({ index: 2, term: 1, membership: THREE }))
    .writes(cut(1));
  expect(() => leader.begins(cut(3))).toThrow('the log is never cut beyond the durable checkpoint');
});

test('a manifest without its pieces is told, also where they are deleted later', () => {
  expect(() => leader.begins(manifest({ index: 4, term: 1, membership: THREE }))).toThrow('names only stored chunks');
  leader.writes(chunk(4)).writes(manifest({ index: 4, term: 1, membership: THREE }));
  expect(() => leader.begins({ ...chunk(4), kind: 'delete' })).toThrow('names only stored chunks');
});

test('a checkpoint of what is not applied is told', () => {
  leader.appends(5, { term: 1 }).writes(chunk(5));
  expect(() => leader.begins(manifest({ index: 5, term: 1, membership: THREE }))).toThrow(
    'covers only applied entries',
  );
});

test('a checkpoint that names other members than the log does is told', () => {
  leader.writes(chunk(4));
  const membership = membershipOf([1, 2], [3]);
  expect(() => leader.begins(manifest({ index: 4, term: 1, membership }))).toThrow('names the membership at its index');
});

test('a checkpoint that goes back is told', () => {
  leader.writes(chunk(4), chunk(2)).writes(manifest({ index: 4, term: 1, membership: THREE }));
  expect(() => leader.begins(manifest({ index: 2, term: 1, membership: THREE }))).toThrow('never goes back');
});

test('an installed state takes the place of the whole log, and is as good as its entries', () => {
  laggard.writes(FETCHED).writes(INSTALLED, cut(1));
  laggard.stands({ term: 1, committed: 4, applied: 4 });
  laggard.says('append-response', 1, { term: 1, index: 4 });
  expect(() => laggard.appends(5, { term: 1 })).not.toThrow();
});

test('an installed state that leaves a part of the log in front of it is told', () => {
  laggard.writes(FETCHED);
  expect(() => laggard.begins(INSTALLED)).toThrow('replaces the whole log');
});

test('an installed state that nobody had committed is told', () => {
  laggard.writes(FETCHED);
  const unheardOf = manifest({ index: 4, term: 2, membership: THREE, origin: 'fetched' });
  expect(() => laggard.begins(unheardOf, cut(1))).toThrow('a checkpoint covers only committed entries');
});

test('who throws acknowledged entries away with a state that ends before them is told', () => {
  follower.writes(chunk(2, 0, 'fetched'));
  const early = manifest({ index: 2, term: 1, membership: THREE, origin: 'fetched' });
  expect(() => follower.begins(early, cut(1), cut(3))).toThrow('the log is never cut beyond the durable checkpoint');
});

test('who acknowledges more than its state and its log hold is told', () => {
  laggard.writes(FETCHED).writes(INSTALLED, cut(1));
  expect(() => laggard.says('append-response', 1, { term: 1, index: 5 })).toThrow(
    'an entry is durable before it is acknowledged',
  );
});

test('who acknowledges another entry than its leader has is told', () => {
  leader.votes(3, 1).appends(5, { term: 3 });
  for (const voter of [follower, laggard]) voter.votes(3, 1);
  leader.stands({ role: 'leader', term: 3 });
  follower.appends(5, { term: 2 });
  expect(() => follower.says('append-response', 1, { term: 3, index: 5 })).toThrow("is the leader's entry");
});

test('who takes a state for its own before it is durable is told', () => {
  laggard.writes(FETCHED).begins(INSTALLED, cut(1));
  expect(() => laggard.stands({ term: 1, committed: 4, applied: 4 })).toThrow(
    'an entry is durable before it is applied',
  );
});

test('a boot that begins behind a checkpoint applies what follows it, whatever is left of the log before it', () => {
  const found = [
    ...leader.birth(),
    chunk(4),
    manifest({ index: 4, term: 1, membership: THREE }),
    log(3, { term: 1 }, { term: 1 }, { term: 1 }),
  ];
  const records = new Map(found.flatMap((change) => (change.kind === 'put' ? [[change.key, change.value]] : [])));
  const again = new ScriptedReplica(safety, 1, VOTERS, 1);
  safety.started(again, records);
  again.stands({ term: 1, committed: 4, applied: 4 });
  expect(() => again.says('append-response', 2, { term: 1, index: 5 })).not.toThrow();
  expect(() => again.appends(6, { term: 1 })).not.toThrow();
});

test('a change of membership behind the state that it was made in is known from the state', () => {
  leader.appends(5, { term: 1, change: changing(['remove', 3]) });
  follower.appends(5, { term: 1, change: changing(['remove', 3]) });
  leader.stands({ committed: 5, applied: 5 });
  leader.writes(chunk(5));
  expect(() => leader.begins(manifest({ index: 5, term: 1, membership: membershipOf([1, 2]) }))).not.toThrow();
});

test('a checkpoint that promises another state than replicas had there is told', () => {
  const agreement = new ReplicaAgreement();
  const [one, other] = [1, 2].map((replica) => new ScriptedReplica(agreement, replica, VOTERS));
  if (one === undefined || other === undefined) throw new Error('two replicas');
  one.stateDigest = 'the state';
  one.stands({ applied: 4 });
  expect(() => other.begins(manifest({ index: 4, term: 1, membership: THREE, digest: 'another' }))).toThrow(
    'replicas agree',
  );
});
