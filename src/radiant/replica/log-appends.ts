/**
 * Entries on their way into the log's records, and the state that goes with them. What gathers while another write is under way becomes one record: a
 * herald appends one entry at a time, and a record for each would be most of what a write under load costs.
 */
import type { Persist } from '../../consensus/contract.ts';
import type { RecordChange } from '../../storage/contract.ts';
import type { GroupLog } from '../../storage/group-log.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';

type LogChange = NonNullable<Persist['log']>;

interface Gathered {
  /** Counts the records of this boot. */
  readonly serial: number;
  readonly firstIndex: LogIndex;
  readonly entries: Uint8Array[];
  bytes: number;
}

export class LogAppends {
  readonly #log: GroupLog;
  #gathered: Gathered[] = [];
  /** The newest state of each record, the oldest record first. */
  #states: { readonly serial: number; readonly change: RecordChange }[] = [];
  #lastSerial = 0;

  constructor(log: GroupLog) {
    this.#log = log;
  }

  add({ firstIndex, entries }: LogChange): void {
    const bytes = entries.reduce((sum, entry) => sum + entry.length, 0);
    const last = this.#gathered.at(-1);
    const isNext = last !== undefined && firstIndex === last.firstIndex + last.entries.length;
    if (isNext && last.bytes + bytes <= LIMITS.logRecordBytes) {
      for (const entry of entries) last.entries.push(entry);
      last.bytes += bytes;
    } else {
      this.#lastSerial += 1;
      this.#gathered.push({ serial: this.#lastSerial, firstIndex, entries: [...entries], bytes });
    }
  }

  /**
   * The replica's state after all entries added so far. A restart finds damage where the state on the disk is older than
   * the log, or knows of more entries. `take` therefore hands it out with the last of these entries.
   */
  addState(change: RecordChange): void {
    if (this.#states.at(-1)?.serial === this.#lastSerial) this.#states.pop();
    this.#states.push({ serial: this.#lastSerial, change });
  }

  /** Of the record that the latest entries gather in. */
  get lastSerial(): number {
    return this.#lastSerial;
  }

  /**
   * @param serial up to this record everything is taken, and more records as long as they are few bytes. Default: all
   * @returns what to write, in the batch that it was added for, or an earlier one
   */
  take(serial = Number.POSITIVE_INFINITY): readonly RecordChange[] {
    let bytes = 0;
    let count = 0;
    for (const one of this.#gathered) {
      if (one.serial > serial && bytes + one.bytes > LIMITS.writeBytes) break;
      bytes += one.bytes;
      count += 1;
    }
    const changes = this.#gathered
      .splice(0, count)
      .flatMap(({ firstIndex, entries }) => this.#log.replaceFrom(firstIndex, entries));
    return [...changes, ...this.#takeState()];
  }

  /** The newest state of which all entries are taken, if it was not taken before. */
  #takeState(): readonly RecordChange[] {
    const untaken = this.#gathered[0]?.serial ?? Number.POSITIVE_INFINITY;
    const taken = this.#states.filter(({ serial }) => serial < untaken);
    this.#states = this.#states.filter(({ serial }) => serial >= untaken);
    return taken.slice(-1).map(({ change }) => change);
  }
}
