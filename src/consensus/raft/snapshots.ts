/** A leader offers a snapshot in place of entries that it compacted, and a follower takes it (§7). */
import { assert } from '../../wire/assertion.ts';
import { asLogIndex, type LogIndex } from '../../wire/identifiers.ts';
import type { RaftMessage, RaftSnapshot } from '../../wire/raft/message.ts';
import type { ConsensusOptions } from '../contract.ts';
import type { RaftLog } from './log.ts';
import type { MembershipHistory } from './membership.ts';
import type { Replica } from './replica.ts';

/** The snapshot to send. Undefined if no snapshot is available now, or if entries after it are already compacted. */
export function offeredSnapshot(
  log: RaftLog,
  memberships: MembershipHistory,
  ask: ConsensusOptions['snapshot'],
): RaftSnapshot | undefined {
  const base = log.base.index;
  const offer = ask(asLogIndex(base));
  if (offer === undefined || offer.index < base) return undefined;
  const { index, description } = offer;
  assert(index <= log.applied, 'a snapshot holds nothing that is not applied');
  const term = log.termAt(index);
  assert(term !== undefined, 'the log knows the term of each index from its first on');
  return { index, term, membership: memberships.at(index), payload: description };
}

/** Implements `Consensus.hasCatchingUpFollower`. Silent followers count, since they may answer at any moment. */
export function hasCatchingUpFollower({ role, tracker }: Replica, offered: LogIndex, through: LogIndex): boolean {
  if (role !== 'leader') return false;
  return tracker.members.some(({ state, match }) => state === 'snapshot' || (match >= offered && match < through));
}

/**
 * Handles a snapshot message at a follower. The answer carries the last index if the snapshot was taken, and the commit
 * index otherwise.
 */
export function handleSnapshot(replica: Replica, message: RaftMessage): void {
  assert(message.snapshot !== undefined, 'a snapshot message holds a snapshot');
  const taken = restoreFrom(replica, message.snapshot);
  const index = taken ? replica.log.last.index : replica.log.committed;
  replica.send({ type: 'append-response', to: message.from, index });
}

/**
 * Whether this replica needs the snapshot to reach the index of the snapshot. The membership of the snapshot may lack
 * this replica, because the snapshot may be older than the joining of this replica.
 */
export function needsSnapshot(replica: Replica, snapshot: RaftSnapshot): boolean {
  const { log } = replica;
  return replica.role !== 'leader' && snapshot.index > log.committed && !log.holds(snapshot);
}

/**
 * Takes a snapshot that was offered by the leader of an earlier term. The entries in the snapshot are committed, so
 * every later leader has them. A candidate that lacks them becomes a follower.
 */
export function takeFetchedSnapshot(replica: Replica, snapshot: RaftSnapshot): void {
  if (!needsSnapshot(replica, snapshot)) return;
  if (replica.role !== 'follower') replica.becomeFollower(replica.term, undefined);
  restoreFrom(replica, snapshot);
  if (replica.leader === undefined) return;
  replica.send({ type: 'append-response', to: replica.leader, index: replica.log.last.index });
}

/** Marks each unanswered snapshot to be offered again. The offer may be lost, or the follower may have restarted. */
export function offerSnapshotsAgain(replica: Replica): void {
  if (replica.role !== 'leader') return;
  for (const progress of replica.tracker.members) progress.offerDue = progress.state === 'snapshot';
}

function restoreFrom(replica: Replica, snapshot: RaftSnapshot): boolean {
  const { log, tracker } = replica;
  if (!needsSnapshot(replica, snapshot)) {
    // If the log already has these entries, only the commit index advances.
    if (log.holds(snapshot)) log.commitTo(snapshot.index);
    return false;
  }
  assert(replica.role === 'follower', 'only a follower takes a snapshot');
  log.restore(snapshot);
  const everyone = new Set(tracker.members.map((progress) => progress.replica));
  tracker.changeTo(snapshot.membership, everyone, Math.max(1, log.last.index));
  return true;
}
