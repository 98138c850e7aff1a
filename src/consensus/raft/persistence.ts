/** What a replica hands to its disk, and when: entries at once, its hard state only where something rests on it. */
import type { Position } from '../../wire/frames/frame.ts';
import { encodeRaftEntry, encodeRaftHardState } from '../../wire/raft/raft-codec.ts';
import type { RaftHardState } from '../../wire/raft/message.ts';
import type { Persist } from '../contract.ts';
import { asPersistNumber } from '../numbering.ts';
import { Durability } from './durability.ts';
import type { RaftLog } from './log.ts';
import { markAt } from './mark.ts';
import { NO_PROMISES, type Promises, promisesOf } from './promises.ts';
import type { Ready } from './ready.ts';

type Batch = Pick<Ready, 'snapshot' | 'entries'>;

const NOTHING: Batch = { snapshot: undefined, entries: [] };

export class Persistence {
  readonly #durability: Durability;
  readonly #log: RaftLog;
  /** A commit index that moved alone is written after so long, or with whatever goes before. */
  readonly #patienceTicks: number;
  /** As the replica has it. */
  #hardState: RaftHardState;
  #ticksSinceWrite = 0;
  /**
   * The disk has yet to be told of a change of membership that is committed. A replica that comes back from a crash
   * counts votes by what it knows to be committed. So it is written at once: those who take no part any more are not
   * waited for. And no further change is written without it: that was only begun because of this one, and a replica
   * that knew of both but of neither's commit would commit them by a membership two steps behind.
   */
  #changesMembership = false;
  /** At its birth a replica writes its state, however empty: from then on a missing one is a lost one. */
  #isBirth: boolean;

  constructor(hardState: RaftHardState, log: RaftLog, isBirth: boolean, patienceTicks: number) {
    this.#durability = new Durability(hardState, log.lastPlace);
    this.#log = log;
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
    if (ready.hardState !== undefined) this.#note(ready.hardState);
    const mustFlush = ready.mustFlush || ready.snapshot !== undefined || this.#isBirth || this.#changesMembership;
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
    if (withState) {
      this.#isBirth = false;
      this.#changesMembership = false;
      this.#ticksSinceWrite = 0;
    }
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

  /** Entries take the state with them where it promises something, or where the disk's commit index has aged. */
  #needsState({ snapshot }: Batch): boolean {
    const written = this.#durability.writtenHardState;
    const { term, vote } = this.#hardState;
    return (
      this.#isBirth ||
      snapshot !== undefined ||
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
