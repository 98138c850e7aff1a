/**
 * Stops this worker for ever at one step of what it does, as if it had died there: right before a certain entry goes to
 * the disk, or right after it is flushed and before anyone has been told. Whoever armed it ends the tab then.
 */
import { decodeRaftEntry } from '../../../src/wire/raft/raft-codec.ts';
import { decodeLogRecord } from '../../../src/wire/records/record-codec.ts';
import type { Entry } from '../../../src/wire/entries/command.ts';
import { decodeEntry } from '../../../src/wire/entries/entry-codec.ts';
import { unseal } from '../../../src/storage/checksum.ts';
import { CONFIGURATION_KEY } from '../../../src/storage/keys.ts';

/**
 * What a write holds. `configuration` is the record of the latest one; all others are entries of an order's log,
 * `membership` one of the consensus algorithm's own.
 */
export type Written = Entry['kind'] | 'last install' | 'membership' | 'configuration';

export interface Step {
  readonly written: Written;
  /** Of the flush. */
  readonly side: 'before' | 'after';
  /** Which one since it was armed, counted from 1. Default: the first. */
  readonly time?: number;
}

/** What the worker posts to its page when it stops. */
export const HALTED = 'halted';

const LOG_KEY = /^group\/[0-9a-f]+\/log\//;

let armed: Step | undefined;
let seen = 0;
const halting = new WeakSet<IDBTransaction>();

export function haltAt(step: Step): void {
  armed = step;
  seen = 0;
}

// oxlint-disable-next-line typescript/unbound-method -- it is called on the store that it was taken from
const put = IDBObjectStore.prototype.put;
// oxlint-disable-next-line typescript/unbound-method -- it is called on the database that it was taken from
const begin = IDBDatabase.prototype.transaction;

IDBObjectStore.prototype.put = function putUnlessHalted(this: IDBObjectStore, value: unknown, key) {
  if (armed !== undefined && typeof key === 'string' && value instanceof Uint8Array && isReached(armed, key, value)) {
    if (armed.side === 'before') halt();
    halting.add(this.transaction);
  }
  return put.call(this, value, key);
};

IDBDatabase.prototype.transaction = function transaction(this: IDBDatabase, stores, mode, options): IDBTransaction {
  const begun = begin.call(this, stores, mode, options);
  // Before the product's own listener: nobody has been told that it is flushed.
  begun.addEventListener('complete', () => {
    if (halting.has(begun)) halt();
  });
  return begun;
};

function isReached({ written, time = 1 }: Step, key: string, sealed: Uint8Array): boolean {
  if (seen >= time) return false;
  seen += contentsOf(key, sealed).filter((content) => content === written).length;
  return seen >= time;
}

function contentsOf(key: string, sealed: Uint8Array): readonly Written[] {
  if (key === CONFIGURATION_KEY) return ['configuration'];
  if (!LOG_KEY.test(key)) return [];
  return decodeLogRecord(unseal(key, sealed)).entries.flatMap((bytes) => {
    const { kind, payload } = decodeRaftEntry(bytes);
    if (kind === 'membership') return ['membership'];
    if (payload.length === 0) return [];
    const entry = decodeEntry(payload);
    return entry.kind === 'install' && entry.isLast ? ['install', 'last install'] : [entry.kind];
  });
}

/** Nothing that this worker runs goes on, and nothing that it has not handed over yet gets out. */
function halt(): never {
  globalThis.postMessage(HALTED);
  for (;;);
}
