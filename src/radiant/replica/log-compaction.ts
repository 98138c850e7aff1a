/**
 * Deletes log records that are no longer needed, a few with each write, because thousands at once would delay a put.
 * Records are deleted from the front: a log may begin anywhere before the end of its checkpoint.
 */
import type { RecordChange } from '../../storage/contract.ts';
import { LIMITS } from '../../wire/limits.ts';

export class LogCompaction {
  readonly #write: (changes: readonly RecordChange[], onDurable: () => void) => void;
  #waiting: RecordChange[] = [];
  #isUnderWay = false;

  /** @param write writes changes after all earlier ones */
  constructor(write: (changes: readonly RecordChange[], onDurable: () => void) => void) {
    this.#write = write;
  }

  add(deletions: readonly RecordChange[]): void {
    for (const deletion of deletions) this.#waiting.push(deletion);
    this.#go();
  }

  /** All pending deletions, for the batch that replaces the log. The new log may not follow a gap. */
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
