/**
 * Batches for the disk, and the messages that wait for them. Entries and the hard state are written at once. Only a new
 * commit index can wait, unless it commits a change of membership. A message leaves only when its batch and all earlier
 * batches are durable.
 */
import { assert } from '../../wire/assertion.ts';
import type { Position } from '../../wire/frames/frame.ts';
import type { RaftEntry, RaftHardState, RaftMessage, RaftSnapshot } from '../../wire/raft/message.ts';
import { encodeRaftEntry, encodeRaftHardState } from '../../wire/raft/raft-codec.ts';
import { asPersistNumber, isBehind, type Persist } from '../contract.ts';
import { compactionPointAt } from './compaction.ts';
import type { EntryId, RaftLog } from './log.ts';
import type { FlushPoint, Ready } from './ready.ts';

/** Effects that wait until a batch is durable. */
export interface PendingAfterFlush {
  readonly messages: readonly RaftMessage[];
  readonly flushPoint: FlushPoint | undefined;
}

/** A batch that is being written. */
interface Batch {
  readonly number: number;
  readonly hardState: RaftHardState;
  readonly last: EntryId;
  readonly pending: PendingAfterFlush[];
}

export class Persistence {
  readonly #log: RaftLog;
  /** Ticks after which the hard state is written, even if only the commit index has changed. */
  readonly #patienceTicks: number;
  readonly #underWay: Batch[] = [];
  #lastNumber = 0;
  /** The content of the disk after the last batch that was handed out. */
  #written: { readonly hardState: RaftHardState; readonly last: EntryId };
  #hardState: RaftHardState;
  #ticksSinceWrite = 0;
  /**
   * Whether a committed change of membership is not on the disk yet. A restarted replica counts votes by the membership
   * that it knows to be committed. This commit is therefore written at once, and always before or with a later change.
   * Otherwise a restarted replica could find two changes and neither commit. It would count votes by a membership two
   * changes old.
   */
  #changesMembership = false;
  /**
   * Whether the hard state was never written, by this boot or an earlier one. The first batch always contains it. A log
   * without a hard state therefore proves that data was lost.
   */
  #isBirth: boolean;
  /** The position after the last durable batch. */
  position: Position;
  /**
   * Whether to write the hard state although no message depends on it. True at birth, and `patienceTicks` after a
   * change.
   */
  isStateDue: boolean;

  constructor(hardState: RaftHardState, log: RaftLog, isBirth: boolean, patienceTicks: number) {
    this.#written = { hardState, last: log.last };
    this.#log = log;
    this.#hardState = hardState;
    this.#isBirth = isBirth;
    this.#patienceTicks = patienceTicks;
    this.position = positionOf(hardState, log.last);
    this.isStateDue = isBirth;
  }

  tick(): void {
    if (this.#hardState !== this.#written.hardState) this.#ticksSinceWrite++;
    this.isStateDue ||= this.#ticksSinceWrite >= this.#patienceTicks;
  }

  /**
   * Returns the batch to write. Returns undefined if `pending` depends only on earlier batches.
   * @param pending effects that wait until the batch is durable
   */
  take({ hardState, entries, snapshot }: Ready, pending: PendingAfterFlush): Persist | undefined {
    if (hardState !== undefined) {
      this.#changesMembership ||= this.#log.committedChange > this.#hardState.commit;
      this.#hardState = hardState;
    }
    const { term, vote } = this.#written.hardState;
    const isNewVote = this.#hardState.term !== term || this.#hardState.vote !== vote;
    const needsState = isNewVote || snapshot !== undefined || this.#isBirth || this.#changesMembership;
    if (!needsState && entries.length === 0) return undefined;
    return this.#write(needsState || this.isStateDue, entries, snapshot, pending);
  }

  /** Returns a batch with only the hard state, so that the disk of an idle replica gets the latest commit index. */
  takeState(): Persist {
    return this.#write(true, [], undefined, { messages: [], flushPoint: undefined });
  }

  /**
   * Makes effects wait for the last batch.
   * @returns false if all batches are durable, so that the effects need not wait
   */
  waitForLast(pending: PendingAfterFlush): boolean {
    const last = this.#underWay.at(-1);
    if (last === undefined) return false;
    last.pending.push(pending);
    return true;
  }

  /** Notes that the batches up to `number` are durable. Returns the effects that waited for them, in order. */
  complete(number: number): readonly PendingAfterFlush[] {
    assert(number <= this.#lastNumber, 'only batches that were handed out become durable');
    const released: PendingAfterFlush[] = [];
    for (let batch = this.#underWay[0]; batch !== undefined && batch.number <= number; batch = this.#underWay[0]) {
      this.#underWay.shift();
      const position = positionOf(batch.hardState, batch.last);
      assert(!isBehind(position, this.position), 'a position never goes back');
      this.position = position;
      released.push(...batch.pending);
    }
    return released;
  }

  #write(
    withState: boolean,
    entries: readonly RaftEntry[],
    snapshot: RaftSnapshot | undefined,
    pending: PendingAfterFlush,
  ): Persist {
    if (withState) {
      this.#isBirth = false;
      this.#changesMembership = false;
      this.#ticksSinceWrite = 0;
      this.isStateDue = false;
    }
    const [first] = entries;
    const hardState = withState ? this.#hardState : this.#written.hardState;
    this.#written = { hardState, last: entries.at(-1) ?? snapshot ?? this.#written.last };
    this.#lastNumber++;
    this.#underWay.push({ number: this.#lastNumber, ...this.#written, pending: [pending] });
    return {
      number: asPersistNumber(this.#lastNumber),
      state: withState ? encodeRaftHardState(this.#hardState) : undefined,
      snapshot: snapshot && { compactionPoint: compactionPointAt(snapshot, snapshot.membership) },
      log: first && { firstIndex: first.index, entries: entries.map(encodeRaftEntry) },
    };
  }
}

/**
 * Whether an acknowledgement must not or need not be sent after its flush. One reason is that its term has passed. A
 * leader of that term would count entries that a later leader may have replaced before they were durable. The other
 * reason is that the next acknowledgement, to the same leader in the same term, includes it.
 */
export function isObsolete(message: RaftMessage, next: RaftMessage | undefined, currentTerm: number): boolean {
  const { type, to, term, index, reject } = message;
  if (type !== 'append-response' || reject) return false;
  if (term < currentTerm) return true;
  return next?.type === type && !next.reject && to === next.to && term === next.term && index <= next.index;
}

/**
 * The content of a disk in numbers that never decrease. The numbers follow from the content alone. A restart therefore
 * finds exactly the position that peers were told, unless the disk was lost or rolled back.
 * - `voteEpoch` counts terms and, within a term, the vote, so the loss of a vote lowers it.
 * - `index` counts entries of the current term, and committed entries. No leader of the term replaces these entries,
 *   and only these entries count towards a commit (§5.4.2). Entries of older terms after the commit index may still be
 *   replaced.
 */
function positionOf(hardState: RaftHardState, last: EntryId): Position {
  const ownTermIndex = last.term === hardState.term ? last.index : 0;
  return {
    voteEpoch: 2 * hardState.term + (hardState.vote === undefined ? 0 : 1),
    index: Math.max(ownTermIndex, hardState.commit),
    committedIndex: hardState.commit,
  };
}
