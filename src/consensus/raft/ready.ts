/** What a replica hands out to be flushed, sent and applied, and how it learns that this is done. */
import { asLogIndex } from '../../wire/identifiers.ts';
import type { RaftEntry, RaftHardState, RaftMessage, RaftSnapshot } from '../../wire/raft/message.ts';
import type { EntryId } from './log.ts';
import type { ConfirmedRead } from './read-index.ts';
import { leaveJointWhenApplied } from './reconfiguration.ts';
import type { Replica } from './replica.ts';

/**
 * What was unflushed when a batch was handed out. Believed only while the term is the same: in
 * between, a newer leader's entries may have replaced these, and be in writing behind them.
 */
export interface FlushPoint {
  readonly term: number;
  /** Undefined: no entry was unflushed. */
  readonly last: EntryId | undefined;
  readonly snapshot: RaftSnapshot | undefined;
}

/** Everything that is to be done since the last one. */
export interface Ready {
  readonly leaderChanged: boolean;
  readonly roleChanged: boolean;
  /** Undefined: unchanged. */
  readonly hardState: RaftHardState | undefined;
  /** To be flushed; they replace the log from the first one on. */
  readonly entries: readonly RaftEntry[];
  /** To be flushed and applied before anything else; it replaces log and state. */
  readonly snapshot: RaftSnapshot | undefined;
  /** To be applied, in order. */
  readonly committed: readonly RaftEntry[];
  /** To be sent at once. */
  readonly messages: readonly RaftMessage[];
  /** To be sent, or stepped where they are to oneself, once `hardState`, `entries` and all before them are flushed. */
  readonly messagesAfterFlush: readonly RaftMessage[];
  /** To be given to `flushed()` after `messagesAfterFlush`. */
  readonly flushPoint: FlushPoint | undefined;
  readonly reads: readonly ConfirmedRead[];
  readonly abandonedReads: readonly number[];
  /** False where nothing is lost if `hardState` is not flushed: only the commit index moved. */
  readonly mustFlush: boolean;
}

export function hasReady(replica: Replica): boolean {
  const { log, lastReady } = replica;
  return (
    replica.outbox.length > 0 ||
    replica.afterFlush.length > 0 ||
    replica.grantedReads.length > 0 ||
    replica.abandonedReads.length > 0 ||
    hardStateChanged(replica) ||
    replica.leader !== lastReady.leader ||
    replica.role !== lastReady.role ||
    log.hasUnsubmitted() ||
    log.hasUnsubmittedSnapshot() ||
    log.hasApplicable(replica.options.applyUnflushed)
  );
}

export function takeReady(replica: Replica): Ready {
  const { log, term, vote, leader, role, lastReady } = replica;
  const commit = log.committed;
  const hardState = hardStateChanged(replica) ? { term, vote, commit: asLogIndex(commit) } : undefined;
  const entries = log.takeUnsubmitted();
  const snapshot = log.takeUnsubmittedSnapshot();
  const last = log.hasUnflushed() ? entryIdOf(log.lastEntryId) : undefined;
  const ready: Ready = {
    leaderChanged: leader !== lastReady.leader,
    roleChanged: role !== lastReady.role,
    hardState,
    entries,
    snapshot,
    committed: log.takeApplicable(replica.options.applyUnflushed),
    messages: replica.outbox,
    messagesAfterFlush: replica.afterFlush,
    flushPoint: last !== undefined || snapshot !== undefined ? { term, last, snapshot } : undefined,
    reads: replica.grantedReads,
    abandonedReads: replica.abandonedReads,
    mustFlush: entries.length > 0 || term !== lastReady.term || vote !== lastReady.vote,
  };
  replica.lastReady = { term, vote, commit, leader, role };
  replica.outbox = [];
  replica.afterFlush = [];
  replica.grantedReads = [];
  replica.abandonedReads = [];
  return ready;
}

/** A batch is flushed, and its messages are sent or stepped. */
export function flushed(replica: Replica, flushPoint: FlushPoint): void {
  if (flushPoint.last !== undefined && flushPoint.term === replica.term) replica.log.flushedTo(flushPoint.last);
  // What a snapshot holds is committed, in whatever term it was taken.
  if (flushPoint.snapshot === undefined) return;
  replica.log.snapshotApplied(flushPoint.snapshot);
  leaveJointWhenApplied(replica);
}

/** Everything up to `index` is applied. */
export function applied(replica: Replica, index: number): void {
  const bytes = replica.log.appliedTo(index);
  leaveJointWhenApplied(replica);
  replica.uncommittedBytes = Math.max(0, replica.uncommittedBytes - bytes);
}

function hardStateChanged({ term, vote, log, lastReady }: Replica): boolean {
  return term !== lastReady.term || vote !== lastReady.vote || log.committed !== lastReady.commit;
}

function entryIdOf({ index, term }: EntryId): EntryId {
  return { index, term };
}
