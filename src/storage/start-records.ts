import { assert } from '../wire/assertion.ts';
import type { Records } from './contract.ts';

/** The records of a database at its opening. The radiant takes them once, so that they do not stay in memory. */
export class StartRecords {
  #records: Records | undefined;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Returns the records without taking them. Only observers in the simulator use this. */
  look(): Records {
    assert(this.#records !== undefined, 'the records of a database are taken once');
    return this.#records;
  }

  take(): Records {
    const records = this.look();
    this.#records = undefined;
    return records;
  }
}
