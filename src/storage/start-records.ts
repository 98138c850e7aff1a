import { assert } from '../wire/assertion.ts';
import type { Records } from './contract.ts';

/**
 * What a database held when it was taken up. Whoever starts on it takes it away, so that it does not stay in memory
 * for as long as the radiant lives.
 */
export class StartRecords {
  #records: Records | undefined;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Before it is taken: for whoever watches. */
  look(): Records {
    assert(this.#records !== undefined, 'what a database held is taken once');
    return this.#records;
  }

  /** Once. */
  take(): Records {
    const records = this.look();
    this.#records = undefined;
    return records;
  }
}
