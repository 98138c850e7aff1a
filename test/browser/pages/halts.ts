/**
 * Halts this worker forever at one step, as if it had died there. The step is right before an entry goes to the disk, or
 * right after its flush and before the product learns of it. The test then closes the tab.
 */
import { decodeRaftEntry } from '../../../src/wire/raft/raft-codec.ts';
import { decodeLogRecord } from '../../../src/wire/records/record-codec.ts';
import type { Entry } from '../../../src/wire/entries/command.ts';
import { decodeEntry } from '../../../src/wire/entries/entry-codec.ts';
import { unseal } from '../../../src/storage/checksum.ts';
import { CONFIGURATION_KEY } from '../../../src/storage/keys.ts';

/**
 * The content of a write. `configuration` is the record of the latest configuration. All others are entries of an order's
 * log; `membership` is an entry of the consensus algorithm.
 */
export type Written = Entry['kind'] | 'last install' | 'membership' | 'configuration';

export interface Step {
  readonly written: Written;
  /** Relative to the flush. */
  readonly side: 'before' | 'after';
  /** The number of the matching write, counted from 1. Default: 1. */
  readonly time?: number;
}

/** The message that the worker posts to its page when it halts. */
export const HALTED = 'halted';

const LOG_KEY = /^group\/[0-9a-f]+\/log\//;

let armed: Step | undefined;
let seen = 0;
const halting = new WeakSet<IDBTransaction>();

export function haltAt(step: Step): void {
  armed = step;
  seen = 0;
}

// oxlint-disable-next-line typescript/unbound-method -- called on its own store
const put = IDBObjectStore.prototype.put;
// oxlint-disable-next-line typescript/unbound-method -- called on its own database
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
  // This listener runs before the product's, which therefore never learns of the flush.
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

/** Blocks this worker forever. Unsent messages do not leave. */
function halt(): never {
  globalThis.postMessage(HALTED);
  for (;;);
}
