/**
 * Entries that wait to be written, with the consensus state that belongs to them. Entries that gather during one write
 * become one record, because a record for each would dominate the cost of a write under load.
 */
import type { Persist } from '../../consensus/contract.ts';
import type { RecordChange } from '../../storage/contract.ts';
import type { GroupLog } from '../../storage/group-log.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';

type LogChange = NonNullable<Persist['log']>;

interface Gathered {
  /** Number of the record. The records of this boot count from 1. */
  readonly serial: number;
  readonly firstIndex: LogIndex;
  readonly entries: Uint8Array[];
  bytes: number;
}

export class LogAppends {
  readonly #log: GroupLog;
  #gathered: Gathered[] = [];
  /** Serial of the record that the latest entries joined. */
  lastSerial = 0;
  /** The newest state of each record, oldest record first. */
  #states: { readonly serial: number; readonly change: RecordChange }[] = [];

  constructor(log: GroupLog) {
    this.#log = log;
  }

  add({ firstIndex, entries }: LogChange): void {
    let bytes = 0;
    for (const entry of entries) bytes += entry.length;
    const last = this.#gathered.at(-1);
    const isNext = last !== undefined && firstIndex === last.firstIndex + last.entries.length;
    if (isNext && last.bytes + bytes <= LIMITS.log.logRecordBytes) {
      for (const entry of entries) last.entries.push(entry);
      last.bytes += bytes;
    } else {
      this.lastSerial += 1;
      this.#gathered.push({ serial: this.lastSerial, firstIndex, entries: [...entries], bytes });
    }
  }

  /**
   * Adds the consensus state after all entries so far. It must not reach the disk before these entries or long after
   * them, because a restart would find the records damaged. `take` returns it with the last of the entries.
   */
  addState(change: RecordChange): void {
    if (this.#states.at(-1)?.serial === this.lastSerial) this.#states.pop();
    this.#states.push({ serial: this.lastSerial, change });
  }

  /**
   * Takes gathered entries.
   * @param serial takes all records up to this one, and later records while they are small; by default all
   * @returns the changes of a batch: the one that the entries were added for, or an earlier one
   */
  take(serial = Number.POSITIVE_INFINITY): readonly RecordChange[] {
    let bytes = 0;
    let count = 0;
    for (const one of this.#gathered) {
      if (one.serial > serial && bytes + one.bytes > LIMITS.log.writeBytes) break;
      bytes += one.bytes;
      count += 1;
    }
    const changes: RecordChange[] = [];
    for (const { firstIndex, entries } of this.#gathered.splice(0, count)) {
      changes.push(...this.#log.replaceFrom(firstIndex, entries));
    }
    if (this.#states.length > 0) changes.push(...this.#takeState());
    return changes;
  }

  /** The newest state whose entries are all taken, unless it was taken before. */
  #takeState(): readonly RecordChange[] {
    const untaken = this.#gathered[0]?.serial ?? Number.POSITIVE_INFINITY;
    const taken = this.#states.filter(({ serial }) => serial < untaken);
    this.#states = this.#states.filter(({ serial }) => serial >= untaken);
    return taken.slice(-1).map(({ change }) => change);
  }
}
