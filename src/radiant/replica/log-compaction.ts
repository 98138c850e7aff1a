/**
 * The deletion of log records that nobody needs any more: a few with each write, since a put that waits for
 * thousands of them would wait long. They go from the front on: a log may begin anywhere before its checkpoint's end.
 */
import type { RecordChange } from '../../storage/contract.ts';
import { LIMITS } from '../../wire/limits.ts';

export class LogCompaction {
  readonly #write: (changes: readonly RecordChange[], onDurable: () => void) => void;
  #waiting: RecordChange[] = [];
  #isUnderWay = false;

  /** @param write makes changes durable, after all that were handed in before */
  constructor(write: (changes: readonly RecordChange[], onDurable: () => void) => void) {
    this.#write = write;
  }

  add(deletions: readonly RecordChange[]): void {
    for (const deletion of deletions) this.#waiting.push(deletion);
    this.#go();
  }

  /** What must go along with a new log: it would lie behind a gap. */
  takeAll(): readonly RecordChange[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  #go(): void {
    if (this.#isUnderWay || this.#waiting.length === 0) return;
    this.#isUnderWay = true;
    this.#write(this.#waiting.splice(0, LIMITS.logRecordsCutAtOnce), () => {
      this.#isUnderWay = false;
      this.#go();
    });
  }
}
