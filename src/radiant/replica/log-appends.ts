/**
 * Entries on their way into the log's records. What gathers while another write is under way becomes one record: a
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
  #lastSerial = 0;

  constructor(log: GroupLog) {
    this.#log = log;
  }

  /** @returns the serial number of the record that the entries gather in */
  add({ firstIndex, entries }: LogChange): number {
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
    return this.#gathered
      .splice(0, count)
      .flatMap(({ firstIndex, entries }) => this.#log.replaceFrom(firstIndex, entries));
  }
}
