/**
 * Gives the disk back what was overwritten and deleted. Chromium keeps it, up to many times of what is left, until its
 * LevelDB happens to merge the files that it lies in; only one thing makes it do so at once: the deletion of a database.
 * So an empty one is made and deleted, now and then. Nothing is promised of it, and nothing depends on it.
 */
import { LIMITS } from '../../wire/limits.ts';
import type { RecordKey } from '../contract.ts';
import type { SealedBatch } from '../identity.ts';
import { deleteDatabase, openDatabase } from './open-database.ts';

/** What of a radiant's database a sweep takes. */
interface ReadableRecords {
  transaction(
    store: 'records',
    mode: 'readonly',
  ): { readonly store: { getKey(key: RecordKey): Promise<unknown> }; readonly done: Promise<void> };
}

/** No record has this key. */
const ABSENT_KEY: RecordKey = 'group/';

export class DiskSweep {
  readonly #database: ReadableRecords;
  readonly #scratch: string;
  #bytes = 0;
  #hasDeleted = false;
  #sweeps = 0;
  #isUnderWay = false;

  /** @param scratch name of a database that is made and deleted; nobody else uses it */
  constructor(database: ReadableRecords, scratch: string) {
    this.#database = database;
    this.#scratch = scratch;
  }

  /**
   * A batch is durable. Deletions come in several batches, of a checkpoint's chunks and of the log behind it: a sweep
   * waits for the first batch without any, so that it has all of them to take away.
   */
  wrote(batch: SealedBatch): void {
    const deletes = batch.some(([, sealed]) => sealed === undefined);
    this.#bytes += batch.reduce((sum, [, sealed]) => sum + (sealed?.length ?? 0), 0);
    this.#hasDeleted ||= deletes;
    if (deletes || !this.#hasDeleted || this.#bytes < LIMITS.sweepBytes || this.#isUnderWay) return;
    // So much at once, of a large state, is merged better in the background.
    const isTooMuch = this.#bytes > LIMITS.sweepBytesAtOnce;
    this.#bytes = 0;
    this.#hasDeleted = false;
    if (!isTooMuch) this.#begin();
  }

  #begin(): void {
    this.#isUnderWay = true;
    const settle = () => {
      this.#isUnderWay = false;
    };
    // What it was for comes with the next one, if this one failed.
    this.#sweep().then(settle, settle);
  }

  async #sweep(): Promise<void> {
    const scratch = await openDatabase({
      name: this.#scratch,
      version: 1,
      upgrade: () => undefined,
      onLoss: () => undefined,
    });
    scratch.close();
    // Writes what is in memory into a file, and merges the newest files into one.
    await deleteDatabase(this.#scratch);
    this.#sweeps += 1;
    if (this.#sweeps % LIMITS.sweepsBetweenReads === 0) await this.#readInVain();
  }

  /** Notes of deletions outlive that, until LevelDB merges older files, too: it does so for files that are read in vain. */
  async #readInVain(): Promise<void> {
    const { store, done } = this.#database.transaction('records', 'readonly');
    const reads = Array.from({ length: LIMITS.sweepReads }, () => store.getKey(ABSENT_KEY));
    await Promise.all([...reads, done]);
  }
}
