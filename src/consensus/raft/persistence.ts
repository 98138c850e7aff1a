/**
 * Batches for the disk, and the messages that wait for them. Entries are written at once. The hard state is written
 * when a message depends on it, or after a while. A message leaves only when its batch and all earlier batches are
 * durable.
 */
import { assert } from '../../wire/assertion.ts';
import type { Position } from '../../wire/frames/frame.ts';
import type { RaftEntry, RaftHardState, RaftMessage } from '../../wire/raft/message.ts';
import { encodeRaftEntry, encodeRaftHardState } from '../../wire/raft/raft-codec.ts';
import { asPersistNumber, isBehind, type Persist } from '../contract.ts';
import { compactionPointAt } from './compaction.ts';
import type { EntryId, RaftLog } from './log.ts';
import type { FlushPoint, Ready } from './ready.ts';

/** Takes effect once a batch is durable. */
export interface PendingAfterFlush {
  readonly messages: readonly RaftMessage[];
  readonly flushPoint: FlushPoint | undefined;
}

/** A batch on its way to the disk. */
interface Batch {
  readonly number: number;
  readonly hardState: RaftHardState;
  readonly last: EntryId;
  readonly pending: PendingAfterFlush[];
}

type Contents = Pick<Ready, 'snapshot' | 'entries'>;

const NO_CONTENTS: Contents = { snapshot: undefined, entries: [] };
const NOTHING_PENDING: PendingAfterFlush = { messages: [], flushPoint: undefined };

export class Persistence {
  readonly #log: RaftLog;
  /** Ticks until a commit index that moved alone is written. */
  readonly #patienceTicks: number;
  readonly #underWay: Batch[] = [];
  #lastNumber = 0;
  /** As of the last batch handed out. */
  #written: { readonly hardState: RaftHardState; readonly last: EntryId };
  #position: Position;
  #hardState: RaftHardState;
  #ticksSinceWrite = 0;
  /**
   * A committed change of membership is not on the disk yet. A restarted replica counts votes by the membership that
   * it knows to be committed. So this commit is written at once, and always before or with a later change. A replica
   * that found two changes and neither commit would commit them by a membership two steps behind.
   */
  #changesMembership = false;
  /** The first batch holds the state, even if empty. So a state that is missing later is known to be lost. */
  #isBirth: boolean;

  constructor(hardState: RaftHardState, log: RaftLog, isBirth: boolean, patienceTicks: number) {
    this.#written = { hardState, last: log.lastEntryId };
    this.#position = positionOf(hardState, log.lastEntryId);
    this.#log = log;
    this.#hardState = hardState;
    this.#isBirth = isBirth;
    this.#patienceTicks = patienceTicks;
  }

  /** As of the last durable batch. */
  get position(): Position {
    return this.#position;
  }

  get isBirth(): boolean {
    return this.#isBirth;
  }

  tick(): void {
    if (this.#hardState !== this.#written.hardState) this.#ticksSinceWrite++;
  }

  /** The batch to write; undefined: none, and what is pending depends on earlier batches only. */
  take(ready: Ready): Persist | undefined {
    if (ready.hardState !== undefined) this.#note(ready.hardState);
    const mustFlush = ready.mustFlush || ready.snapshot !== undefined || this.#isBirth || this.#changesMembership;
    return mustFlush ? this.#write(ready, pendingOf(ready)) : undefined;
  }

  /** A commit index alone is not worth a flush, but an idle disk learns it in the end. */
  takeOverdue(): Persist | undefined {
    return this.#ticksSinceWrite >= this.#patienceTicks ? this.#write(NO_CONTENTS, NOTHING_PENDING) : undefined;
  }

  /** Returns false if everything handed out is durable, so nothing has to wait. */
  waitForLast(pending: PendingAfterFlush): boolean {
    const last = this.#underWay.at(-1);
    if (last === undefined) return false;
    last.pending.push(pending);
    return true;
  }

  /** The batches up to `number` are durable. Returns what waited for them, in order. */
  complete(number: number): readonly PendingAfterFlush[] {
    assert(number <= this.#lastNumber, 'only batches that were handed out become durable');
    const released: PendingAfterFlush[] = [];
    for (let batch = this.#underWay[0]; batch !== undefined && batch.number <= number; batch = this.#underWay[0]) {
      this.#underWay.shift();
      const position = positionOf(batch.hardState, batch.last);
      assert(!isBehind(position, this.#position), 'a position never goes back');
      this.#position = position;
      released.push(...batch.pending);
    }
    return released;
  }

  #write({ snapshot, entries }: Contents, pending: PendingAfterFlush): Persist {
    const withState = this.#needsState(snapshot !== undefined);
    if (withState) {
      this.#isBirth = false;
      this.#changesMembership = false;
      this.#ticksSinceWrite = 0;
    }
    const hardState = withState ? this.#hardState : this.#written.hardState;
    this.#written = { hardState, last: entries.at(-1) ?? snapshot ?? this.#written.last };
    this.#lastNumber++;
    this.#underWay.push({ number: this.#lastNumber, ...this.#written, pending: [pending] });
    return {
      number: asPersistNumber(this.#lastNumber),
      state: withState ? encodeRaftHardState(this.#hardState) : undefined,
      snapshot: snapshot && { compactionPoint: compactionPointAt(snapshot, snapshot.membership) },
      log: logOf(entries),
    };
  }

  #needsState(withSnapshot: boolean): boolean {
    const { term, vote } = this.#hardState;
    const written = this.#written.hardState;
    return (
      this.#isBirth ||
      withSnapshot ||
      term !== written.term ||
      vote !== written.vote ||
      this.#changesMembership ||
      this.#ticksSinceWrite >= this.#patienceTicks
    );
  }

  #note(hardState: RaftHardState): void {
    this.#changesMembership ||= this.#log.changesMembership(this.#hardState.commit + 1, hardState.commit);
    this.#hardState = hardState;
  }
}

export function pendingOf(ready: Ready): PendingAfterFlush {
  return { messages: [...ready.messages.filter(needsTerm), ...ready.messagesAfterFlush], flushPoint: ready.flushPoint };
}

export function messagesToSendNow(ready: Ready): readonly RaftMessage[] {
  return ready.messages.filter((message) => !needsTerm(message));
}

/** A later acknowledgement to the same leader in the same term includes this one. */
export function isSuperseded(message: RaftMessage, next: RaftMessage | undefined): boolean {
  return (
    next !== undefined &&
    message.type === 'append-response' &&
    next.type === 'append-response' &&
    !message.reject &&
    !next.reject &&
    message.to === next.to &&
    message.term === next.term &&
    message.index <= next.index
  );
}

/**
 * An acknowledgement of a term that passed while it waited for the flush. A leader of that term would count entries
 * that a later leader may have replaced before they were durable.
 */
export function isOutdated({ type, term, reject }: RaftMessage, currentTerm: number): boolean {
  return type === 'append-response' && !reject && term < currentTerm;
}

/**
 * A candidate asks for votes only when its new term is durable. It could otherwise win with the votes of others,
 * crash, come back without the term, and win the same term again.
 */
function needsTerm(message: RaftMessage): boolean {
  return message.type === 'vote';
}

function logOf(entries: readonly RaftEntry[]): Persist['log'] {
  const [first] = entries;
  return first && { firstIndex: first.index, entries: entries.map(encodeRaftEntry) };
}

/**
 * The content of a disk in numbers that never decrease. They follow from the content alone. So a restart finds exactly
 * the position that peers were told, unless the disk was lost or rolled back.
 * - `voteEpoch` counts terms and, within a term, the vote, so a lost vote shows.
 * - `index` counts entries of the current term, and committed ones. No leader of the term replaces those, and only
 *   those count towards a commit (§5.4.2). Entries of older terms after the commit index may still be replaced.
 */
function positionOf(hardState: RaftHardState, last: EntryId): Position {
  const ownTermIndex = last.term === hardState.term ? last.index : 0;
  return {
    voteEpoch: 2 * hardState.term + (hardState.vote === undefined ? 0 : 1),
    index: Math.max(ownTermIndex, hardState.commit),
    committedIndex: hardState.commit,
  };
}
