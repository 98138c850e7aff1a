/**
 * Frees the disk space of overwritten and deleted records. Chromium's LevelDB keeps that space until it compacts the
 * files. Deleting any database starts a compaction at once, so a sweep creates and deletes an empty one. A failed sweep
 * has no consequence.
 */
import { LIMITS } from '../../wire/limits.ts';
import type { RecordKey } from '../contract.ts';
import { deleteDatabase, openDatabase } from './open-database.ts';

/** The part of a radiant's database that a sweep uses. */
interface ReadableRecords {
  transaction(
    store: 'records',
    mode: 'readonly',
  ): { readonly store: { getKey(key: RecordKey): Promise<unknown> }; readonly done: Promise<void> };
}

/** A key that no record has. */
const ABSENT_KEY: RecordKey = 'group/';

export class DiskSweep {
  readonly #database: ReadableRecords;
  /** Whether a sweep is in progress. Only this class writes the field. */
  isUnderWay = false;
  readonly #scratch: string;
  #sweeps = 0;

  /** @param scratch name of the database that sweeps create and delete; it has no other use */
  constructor(database: ReadableRecords, scratch: string) {
    this.#database = database;
    this.#scratch = scratch;
  }

  begin(): void {
    this.isUnderWay = true;
    const settle = () => {
      this.isUnderWay = false;
    };
    // A failure needs no handling, because the next sweep frees the space.
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
    // Deleting a database flushes LevelDB's memory table to a file and compacts the newest files.
    await deleteDatabase(this.#scratch);
    this.#sweeps += 1;
    if (this.#sweeps % LIMITS.storage.sweepsBetweenReads === 0) await this.#readAbsentKey();
  }

  /**
   * LevelDB keeps marks of deleted records until it compacts older files. Reads that find nothing trigger that
   * compaction.
   */
  async #readAbsentKey(): Promise<void> {
    const { store, done } = this.#database.transaction('records', 'readonly');
    const reads = Array.from({ length: LIMITS.storage.sweepReads }, () => store.getKey(ABSENT_KEY));
    await Promise.all([...reads, done]);
  }
}
