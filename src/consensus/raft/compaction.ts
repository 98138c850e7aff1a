/**
 * Log compaction (§7). A leader keeps some entries for lagging followers, because a snapshot would cost more than these
 * entries. The compaction point stores the data that Raft needs in place of the compacted entries.
 */
import { assert } from '../../wire/assertion.ts';
import { malformed } from '../../wire/decoding.ts';
import { asLogIndex, type LogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { decodeRaftSnapshot, encodeRaftSnapshot } from '../../wire/raft/membership-codec.ts';
import type { RaftEntry, RaftMembership } from '../../wire/raft/message.ts';
import type { CompactionPoint } from '../contract.ts';
import { entryBytes, type EntryId, type RaftLog, totalBytes } from './log.ts';
import type { MembershipHistory } from './membership.ts';
import type { Replica } from './replica.ts';
import type { Progress } from './tracker.ts';

const NO_PAYLOAD = new Uint8Array(0);

export function compactionPointAt({ index, term }: EntryId, membership: RaftMembership): CompactionPoint {
  const at = asLogIndex(index);
  return { index: at, bytes: encodeRaftSnapshot({ index: at, term, membership, payload: NO_PAYLOAD }) };
}

/** @throws {ShardbearerError} `FRAME_MALFORMED` for malformed bytes, and for bytes of another index */
export function readCompactionPoint({ index, bytes }: CompactionPoint): {
  readonly place: EntryId;
  readonly membership: RaftMembership;
} {
  const read = decodeRaftSnapshot(bytes);
  if (read.index !== index) throw malformed(`a compaction point of index ${read.index} at ${index}`);
  return { place: { index, term: read.term }, membership: read.membership };
}

/** The compaction point of the applied state. Undefined while a pending snapshot is about to replace that state. */
export function appliedCompactionPoint(log: RaftLog, memberships: MembershipHistory): CompactionPoint | undefined {
  if (log.pendingSnapshot !== undefined) return undefined;
  const term = log.termAt(log.applied);
  assert(term !== undefined, 'the log knows the term of each index from the applied one on');
  return compactionPointAt({ index: log.applied, term }, memberships.at(log.applied));
}

/**
 * Compacts the log. A durable checkpoint must hold the state at `through`.
 * @returns the last compacted index, at most `through`
 */
export function compact(replica: Replica, memberships: MembershipHistory, through: LogIndex): LogIndex {
  const { log } = replica;
  assert(through <= log.applied, 'only a state that was reached is durable');
  log.compactTo(compactableIndex(replica, through));
  memberships.forgetBefore(log.base.index);
  return asLogIndex(Math.min(through, log.base.index));
}

/**
 * The index up to which the log can be compacted, at most `through`. A leader keeps the entries that an active follower
 * lacks, if they fit into `LIMITS.raft.laggingFollowerBytes` and into half of the compactable bytes. A slow follower
 * therefore cannot grow the log without bound.
 */
function compactableIndex(replica: Replica, through: number): number {
  const { log, tracker } = replica;
  const entries = log.slice(log.base.index + 1, through, Number.POSITIVE_INFINITY);
  if (replica.role !== 'leader' || entries === undefined || entries.length === 0) return through;
  const budgetBytes = Math.min(LIMITS.raft.laggingFollowerBytes, totalBytes(entries) / 2);
  const earliest = through - longestTail(entries, budgetBytes);
  let forget = through;
  for (const progress of tracker.members) {
    const has = lastKnown(progress);
    if (progress.recentlyActive && has >= earliest) forget = Math.min(forget, has);
  }
  return forget;
}

/** Number of entries at the end of the list that together fit into `maximumBytes`. */
function longestTail(entries: readonly RaftEntry[], maximumBytes: number): number {
  let bytes = 0;
  const last = entries.findLastIndex((entry) => {
    bytes += entryBytes(entry);
    return bytes > maximumBytes;
  });
  return entries.length - 1 - last;
}

/** Highest index that the follower has or gets from the snapshot in progress. */
function lastKnown(progress: Progress): number {
  return Math.max(progress.match, progress.pendingSnapshot);
}
