/** A leader offers a snapshot in place of entries that it compacted, and a follower takes it (§7). */
import { assert } from '../../wire/assertion.ts';
import { asLogIndex, type LogIndex } from '../../wire/identifiers.ts';
import type { RaftMessage, RaftSnapshot } from '../../wire/raft/message.ts';
import type { ConsensusOptions } from '../contract.ts';
import type { RaftLog } from './log.ts';
import type { MembershipHistory } from './membership.ts';
import type { Replica } from './replica.ts';

/** The snapshot to send; undefined: there is none right now from which the log could go on. */
export function offeredSnapshot(
  log: RaftLog,
  memberships: MembershipHistory,
  ask: ConsensusOptions['snapshot'],
): RaftSnapshot | undefined {
  const base = log.firstIndex - 1;
  const offer = ask(asLogIndex(base));
  if (offer === undefined || offer.index < base) return undefined;
  const { index, description } = offer;
  assert(index <= log.applied, 'a snapshot holds nothing that is not applied');
  const term = log.termAt(index);
  assert(term !== undefined, 'the log knows every place from its beginning on');
  return { index, term, membership: memberships.at(index), payload: description };
}

/** See `Consensus.hasCatchingUpFollower`. Whoever is silent counts, too: it may be heard of again at any moment. */
export function hasCatchingUpFollower({ role, tracker }: Replica, offered: LogIndex, through: LogIndex): boolean {
  if (role !== 'leader') return false;
  return tracker.members.some(({ state, match }) => state === 'snapshot' || (match >= offered && match < through));
}

/** Follower: answers with how far its log reaches now, whether it took the snapshot or not. */
export function handleSnapshot(replica: Replica, message: RaftMessage): void {
  assert(message.snapshot !== undefined, 'a snapshot message holds a snapshot');
  const taken = restoreFrom(replica, message.snapshot);
  const index = taken ? replica.log.lastIndex : replica.log.committed;
  replica.send({ type: 'append-response', to: message.from, index });
}

/** Whether only the snapshot itself can bring this replica there: its log cannot. */
export function needsSnapshot(replica: Replica, snapshot: RaftSnapshot): boolean {
  const { log } = replica;
  return replica.role !== 'leader' && snapshot.index > log.committed && !log.holds(snapshot);
}

/**
 * Takes a snapshot that was fetched while the leader may have changed: what it holds is committed, whoever
 * leads now. Whoever stands for election instead of following lacks what is committed, and gives up.
 */
export function takeFetchedSnapshot(replica: Replica, snapshot: RaftSnapshot): void {
  if (!needsSnapshot(replica, snapshot)) return;
  if (replica.role !== 'follower') replica.becomeFollower(replica.term, undefined);
  restoreFrom(replica, snapshot);
  if (replica.leader === undefined) return;
  replica.send({ type: 'append-response', to: replica.leader, index: replica.log.lastIndex });
}

/** Leader: who was sent a snapshot and has not answered may never have heard of it, or have forgotten it. */
export function offerSnapshotsAgain(replica: Replica): void {
  if (replica.role !== 'leader') return;
  for (const progress of replica.tracker.members) progress.offerDue = progress.state === 'snapshot';
}

function restoreFrom(replica: Replica, snapshot: RaftSnapshot): boolean {
  const { log, tracker } = replica;
  if (!needsSnapshot(replica, snapshot)) {
    // It may have all these entries: then knowing that they are committed is enough.
    if (log.holds(snapshot)) log.commitTo(snapshot.index);
    return false;
  }
  assert(replica.role === 'follower', 'only a follower takes a snapshot');
  log.restore(snapshot);
  const everyone = new Set(tracker.members.map((progress) => progress.replica));
  tracker.changeTo(snapshot.membership, everyone, Math.max(1, log.lastIndex));
  return true;
}
