/** What a replica hands to its disk, and when: entries at once, its hard state only where something rests on it. */
import type { Position } from '../../wire/frame.ts';
import { encodeRaftEntry, encodeRaftHardState } from '../../wire/raft-codec.ts';
import type { RaftHardState } from '../../wire/raft-message.ts';
import type { Persist } from '../contract.ts';
import { asPersistNumber } from '../numbering.ts';
import type { Ready } from './core.ts';
import { Durability } from './durability.ts';
import type { LogPlace } from './log.ts';
import { markAt } from './mark.ts';
import { NO_PROMISES, type Promises, promisesOf } from './promises.ts';

type Batch = Pick<Ready, 'snapshot' | 'entries'>;

const NOTHING: Batch = { snapshot: undefined, entries: [] };

export class Persistence {
  readonly #durability: Durability;
  /** A commit index that moved alone is written after so long, or with whatever goes before. */
  readonly #patienceTicks: number;
  /** As the core has it. */
  #hardState: RaftHardState;
  #ticksSinceWrite = 0;
  /** At its birth a replica writes its state, however empty: from then on a missing one is a lost one. */
  #isBirth: boolean;

  constructor(hardState: RaftHardState, last: LogPlace, isBirth: boolean, patienceTicks: number) {
    this.#durability = new Durability(hardState, last);
    this.#hardState = hardState;
    this.#isBirth = isBirth;
    this.#patienceTicks = patienceTicks;
  }

  get position(): Position {
    return this.#durability.position;
  }

  get isBirth(): boolean {
    return this.#isBirth;
  }

  tick(): void {
    if (this.#hardState !== this.#durability.writtenHardState) this.#ticksSinceWrite++;
  }

  /** What is to be written for it; undefined: nothing, and what it promises may rest on what was written before. */
  take(ready: Ready): Persist | undefined {
    this.#hardState = ready.hardState ?? this.#hardState;
    const mustFlush = ready.mustFlush || ready.snapshot !== undefined || this.#isBirth;
    return mustFlush ? this.#write(ready, promisesOf(ready)) : undefined;
  }

  /** A commit index alone is not worth a flush; but in the end a quiet disk should know it. */
  takeOverdue(): Persist | undefined {
    return this.#ticksSinceWrite >= this.#patienceTicks ? this.#write(NOTHING, NO_PROMISES) : undefined;
  }

  /** Something new rests on what is already handed out. Returns false where all of it is durable. */
  waitForLast(promises: Promises): boolean {
    return this.#durability.waitForLast(promises);
  }

  /** The batches up to `number` are durable. Returns what waited for them, in order. */
  complete(number: number): readonly Promises[] {
    return this.#durability.complete(number);
  }

  #write(batch: Batch, promises: Promises): Persist {
    const { snapshot, entries } = batch;
    const withState = this.#needsState(batch);
    this.#isBirth = false;
    if (withState) this.#ticksSinceWrite = 0;
    const hardState = withState ? this.#hardState : this.#durability.writtenHardState;
    const number = this.#durability.write(hardState, snapshot, entries, promises);
    const first = entries[0];
    return {
      number: asPersistNumber(number),
      state: withState ? encodeRaftHardState(this.#hardState) : undefined,
      snapshot: snapshot && { mark: markAt(snapshot, snapshot.membership) },
      log: first && { firstIndex: first.index, entries: entries.map(encodeRaftEntry) },
    };
  }

  /**
   * Entries take the state with them where it promises something, or where the disk's commit index has aged. And a
   * change of membership does: it was begun because the change before it is committed. A replica that came back and
   * knew of the second but not of that would count votes, and commit both, by a membership two steps behind.
   */
  #needsState({ snapshot, entries }: Batch): boolean {
    const written = this.#durability.writtenHardState;
    const { term, vote } = this.#hardState;
    return (
      this.#isBirth ||
      snapshot !== undefined ||
      term !== written.term ||
      vote !== written.vote ||
      entries.some(({ kind }) => kind === 'membership') ||
      this.#ticksSinceWrite >= this.#patienceTicks
    );
  }
}
