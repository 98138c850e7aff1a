/**
 * Log compaction (§7): how far a replica may forget its log without making followers fetch a snapshot for a few
 * entries, and what it remembers of the point it compacted to.
 */
import { malformed } from '../../wire/decoding.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { decodeRaftSnapshot, encodeRaftSnapshot } from '../../wire/raft/membership-codec.ts';
import type { RaftEntry, RaftMembership } from '../../wire/raft/message.ts';
import type { CompactionPoint } from '../contract.ts';
import { entryBytes, type EntryId, totalBytes } from './log.ts';
import type { Progress } from './progress.ts';
import type { Replica } from './replica.ts';

const NO_PAYLOAD = new Uint8Array(0);

export function compactionPointAt({ index, term }: EntryId, membership: RaftMembership): CompactionPoint {
  const at = asLogIndex(index);
  return { index: at, bytes: encodeRaftSnapshot({ index: at, term, membership, payload: NO_PAYLOAD }) };
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, also where it is the compaction point of another index */
export function readCompactionPoint({ index, bytes }: CompactionPoint): {
  readonly place: EntryId;
  readonly membership: RaftMembership;
} {
  const read = decodeRaftSnapshot(bytes);
  if (read.index !== index) throw malformed(`the compaction point of ${read.index} at ${index}`);
  return { place: { index, term: read.term }, membership: read.membership };
}

/**
 * How far entries up to `through` may be forgotten. A leader keeps those that a follower which is heard of still
 * lacks, as long as they are no more than half of what could be forgotten: so the log stays bounded by its
 * threshold, however slow a follower is.
 */
export function compactableIndex(replica: Replica, through: number): number {
  const { log, tracker } = replica;
  const entries = log.slice(log.firstIndex, through, Number.POSITIVE_INFINITY);
  if (replica.role !== 'leader' || entries === undefined || entries.length === 0) return through;
  const budgetBytes = Math.min(LIMITS.laggingFollowerBytes, totalBytes(entries) / 2);
  const earliest = through - longestTail(entries, budgetBytes);
  let forget = through;
  for (const progress of tracker.members) {
    const has = lastKnown(progress);
    if (progress.recentlyActive && has >= earliest) forget = Math.min(forget, has);
  }
  return forget;
}

/** How many entries at the end take at most `maximumBytes`. */
function longestTail(entries: readonly RaftEntry[], maximumBytes: number): number {
  let bytes = 0;
  const last = entries.findLastIndex((entry) => {
    bytes += entryBytes(entry);
    return bytes > maximumBytes;
  });
  return entries.length - 1 - last;
}

/** What the replica has, or will have with the snapshot that it is sent. */
function lastKnown(progress: Progress): number {
  return Math.max(progress.match, progress.pendingSnapshot);
}
