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
  readonly firstIndex: LogIndex;
  readonly entries: Uint8Array[];
  bytes: number;
}

export class LogAppends {
  readonly #log: GroupLog;
  #gathered: Gathered[] = [];

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
      this.#gathered.push({ firstIndex, entries: [...entries], bytes });
    }
  }

  /** @returns what to write for all that was added, in the batch that it was added for, or an earlier one */
  take(): readonly RecordChange[] {
    const gathered = this.#gathered;
    this.#gathered = [];
    return gathered.flatMap(({ firstIndex, entries }) => this.#log.replaceFrom(firstIndex, entries));
  }
}
