/** How much of its log a replica may forget (§7) without making others fetch a state for a few entries. */
import { LIMITS } from '../../wire/limits.ts';
import type { RaftEntry } from '../../wire/raft/message.ts';
import { entryBytes, totalBytes } from './entry-size.ts';
import type { Progress } from './progress.ts';
import type { Replica } from './replica.ts';

/**
 * How far entries up to `through` may be forgotten. A leader keeps those that a follower which is heard of still
 * lacks, as long as they are no more than half of what could be forgotten: so the log stays bounded by its
 * threshold, however slow a follower is.
 */
export function forgettable(replica: Replica, through: number): number {
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
