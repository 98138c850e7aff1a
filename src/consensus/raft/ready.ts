/**
 * `Ready` collects the data to flush, the messages to send and the entries to apply. `flushed` and `applied` report
 * completion.
 */
import { asLogIndex } from '../../wire/identifiers.ts';
import type { RaftEntry, RaftHardState, RaftMessage, RaftSnapshot } from '../../wire/raft/message.ts';
import type { EntryId } from './log.ts';
import type { ConfirmedRead } from './read-index.ts';
import { leaveJointWhenApplied } from './reconfiguration.ts';
import type { Replica } from './replica.ts';

/**
 * The end of the log when a batch was handed out to be flushed. Valid only in the same term. In a later term, a newer
 * leader may have replaced these entries, and the replacements may still be unflushed.
 */
export interface FlushPoint {
  readonly term: number;
  /** The last unflushed entry. Undefined if every entry was flushed. */
  readonly last: EntryId | undefined;
  readonly snapshot: RaftSnapshot | undefined;
}

/** The changes since the last `Ready`. */
export interface Ready {
  readonly leaderChanged: boolean;
  readonly roleChanged: boolean;
  /** The hard state to flush. Undefined if it is unchanged. */
  readonly hardState: RaftHardState | undefined;
  /** Entries to flush. They replace the log from the first one on. */
  readonly entries: readonly RaftEntry[];
  /** A snapshot to flush and apply first. It replaces log and state. */
  readonly snapshot: RaftSnapshot | undefined;
  /** Entries to apply, in order. */
  readonly committed: readonly RaftEntry[];
  /** Messages to send at once. */
  readonly messages: readonly RaftMessage[];
  /**
   * Messages to send once `hardState`, `entries` and all earlier data are flushed. The caller passes messages to this
   * replica itself to `step`.
   */
  readonly messagesAfterFlush: readonly RaftMessage[];
  /** The argument of `flushed()`, which is called after `messagesAfterFlush`. */
  readonly flushPoint: FlushPoint | undefined;
  readonly reads: readonly ConfirmedRead[];
  readonly abandonedReads: readonly number[];
  /**
   * Whether the batch holds entries, a new term or a new vote, which must be flushed. A commit index alone may be lost.
   */
  readonly mustFlush: boolean;
}

export function hasReady(replica: Replica): boolean {
  const { log, lastReady } = replica;
  return (
    replica.outbox.length > 0 ||
    replica.afterFlush.length > 0 ||
    replica.grantedReads.length > 0 ||
    replica.abandonedReads.length > 0 ||
    replica.term !== lastReady.term ||
    replica.vote !== lastReady.vote ||
    replica.leader !== lastReady.leader ||
    replica.role !== lastReady.role ||
    log.committed !== lastReady.commit ||
    log.unsubmitted <= log.last.index ||
    log.hasUnsubmittedSnapshot ||
    log.applying < log.applicable(replica.options.applyUnflushed)
  );
}

export function takeReady(replica: Replica): Ready {
  const { log, term, vote, leader, role, lastReady } = replica;
  const commit = log.committed;
  const isNewVote = term !== lastReady.term || vote !== lastReady.vote;
  const isNewState = isNewVote || commit !== lastReady.commit;
  const entries = log.takeUnsubmitted();
  const snapshot = log.hasUnsubmittedSnapshot ? log.takeUnsubmittedSnapshot() : undefined;
  // The entry's id is copied, so that a waiting flush keeps no payload in memory.
  const last = log.unflushed <= log.last.index ? { index: log.last.index, term: log.last.term } : undefined;
  const ready: Ready = {
    leaderChanged: leader !== lastReady.leader,
    roleChanged: role !== lastReady.role,
    hardState: isNewState ? { term, vote, commit: asLogIndex(commit) } : undefined,
    entries,
    snapshot,
    committed: log.takeApplicable(replica.options.applyUnflushed),
    messages: replica.outbox,
    messagesAfterFlush: replica.afterFlush,
    flushPoint: last !== undefined || snapshot !== undefined ? { term, last, snapshot } : undefined,
    reads: replica.grantedReads,
    abandonedReads: replica.abandonedReads,
    mustFlush: entries.length > 0 || isNewVote,
  };
  replica.lastReady = { term, vote, commit, leader, role };
  replica.outbox = [];
  replica.afterFlush = [];
  replica.grantedReads = [];
  replica.abandonedReads = [];
  return ready;
}

/**
 * Notes that a batch is flushed. Before this call, the caller has sent or stepped the `messagesAfterFlush` of that
 * batch.
 */
export function flushed(replica: Replica, flushPoint: FlushPoint): void {
  if (flushPoint.last !== undefined && flushPoint.term === replica.term) replica.log.flushedTo(flushPoint.last);
  // A snapshot holds only committed entries, so its flush counts in every term.
  if (flushPoint.snapshot === undefined) return;
  replica.log.snapshotApplied(flushPoint.snapshot);
  if (replica.tracker.membership.autoLeave) leaveJointWhenApplied(replica);
}

/** Notes that all entries up to `index` are applied. */
export function applied(replica: Replica, index: number): void {
  const bytes = replica.log.appliedTo(index);
  if (replica.tracker.membership.autoLeave) leaveJointWhenApplied(replica);
  replica.uncommittedBytes = Math.max(0, replica.uncommittedBytes - bytes);
}
