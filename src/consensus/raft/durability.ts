/**
 * Batches on their way to the disk, and what waits for them. A message that promises something
 * leaves only when the batch that it rests on, and all before it, are durable.
 */
import { assert } from '../../wire/assertion.ts';
import type { Position } from '../../wire/frames/frame.ts';
import type { RaftEntry, RaftHardState } from '../../wire/raft/message.ts';
import { isBehind } from '../contract.ts';
import type { LogPlace } from './log.ts';
import type { Promises } from './promises.ts';

interface Batch {
  readonly number: number;
  readonly hardState: RaftHardState;
  readonly last: LogPlace;
  readonly promises: Promises[];
}

export class Durability {
  readonly #underWay: Batch[] = [];
  #lastNumber = 0;
  /** As of the last batch that was handed out. */
  #written: { hardState: RaftHardState; last: LogPlace };
  #position: Position;

  constructor(hardState: RaftHardState, last: LogPlace) {
    this.#written = { hardState, last };
    this.#position = positionOf(hardState, last);
  }

  /** As of the last batch that is durable. */
  get position(): Position {
    return this.#position;
  }

  /** The hard state that the disk will hold when all batches are durable. */
  get writtenHardState(): RaftHardState {
    return this.#written.hardState;
  }

  /** Whether everything handed out is durable. */
  get settled(): boolean {
    return this.#underWay.length === 0;
  }

  /**
   * Hands out a batch; returns its number.
   * @param installed the place of the snapshot that replaces the log in it
   */
  write(
    hardState: RaftHardState,
    installed: LogPlace | undefined,
    entries: readonly RaftEntry[],
    promises: Promises,
  ): number {
    this.#written = { hardState, last: entries.at(-1) ?? installed ?? this.#written.last };
    this.#lastNumber++;
    this.#underWay.push({ number: this.#lastNumber, ...this.#written, promises: [promises] });
    return this.#lastNumber;
  }

  /** Something new rests on what is already handed out. Returns false where all of it is durable. */
  waitForLast(promises: Promises): boolean {
    const last = this.#underWay.at(-1);
    if (last === undefined) return false;
    last.promises.push(promises);
    return true;
  }

  /** The batches up to `number` are durable. Returns what waited for them, in order. */
  complete(number: number): readonly Promises[] {
    assert(number <= this.#lastNumber, 'only batches that were handed out become durable');
    const kept: Promises[] = [];
    for (let batch = this.#underWay[0]; batch !== undefined && batch.number <= number; batch = this.#underWay[0]) {
      this.#underWay.shift();
      const position = positionOf(batch.hardState, batch.last);
      assert(!isBehind(position, this.#position), 'a position never goes back');
      this.#position = position;
      kept.push(...batch.promises);
    }
    return kept;
  }
}

/**
 * What a disk remembers, in numbers that never go back, read off the disk's content alone: so a
 * restart finds exactly what was told before it, unless the disk was lost or rolled back.
 * - `voteEpoch` counts terms and, within a term, the vote: a forgotten vote shows.
 * - `index` counts entries of the vote epoch's own term, and what is committed. No leader of the term
 *   replaces those; and only those are ever counted towards a commitment (§5.4.2). Entries of
 *   older terms behind the commit index may still be replaced in this term, so they do not count.
 */
function positionOf(hardState: RaftHardState, last: LogPlace): Position {
  const own = last.term === hardState.term ? last.index : 0;
  return {
    voteEpoch: 2 * hardState.term + (hardState.vote === undefined ? 0 : 1),
    index: Math.max(own, hardState.commit),
    committedIndex: hardState.commit,
  };
}
