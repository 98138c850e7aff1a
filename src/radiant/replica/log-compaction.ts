/**
 * Deletes log records that are no longer needed, a few with each write. Thousands of deletions in one write would delay
 * a put. Records are deleted from the front, because a log may begin anywhere before the end of its checkpoint.
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

  /**
   * Takes all pending deletions for the batch that replaces the log. A gap between old and new log records would count
   * as damage.
   */
  takeAll(): readonly RecordChange[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  #go(): void {
    if (this.#isUnderWay || this.#waiting.length === 0) return;
    this.#isUnderWay = true;
    this.#write(this.#waiting.splice(0, LIMITS.log.logRecordsCutAtOnce), () => {
      this.#isUnderWay = false;
      this.#go();
    });
  }
}
