/**
 * Halts this worker forever at one step, so that the product appears to have died there. A step lies just before an
 * entry is written, or just after its flush. The product does not learn of that flush. The test then closes the tab.
 */
import { decodeRaftEntry } from '../../../src/wire/raft/raft-codec.ts';
import { decodeLogRecord } from '../../../src/wire/records/record-codec.ts';
import type { Entry } from '../../../src/wire/entries/command.ts';
import { decodeEntry } from '../../../src/wire/entries/entry-codec.ts';
import { unseal } from '../../../src/storage/sealed-records.ts';
import { CONFIGURATION_KEY } from '../../../src/storage/keys.ts';

/**
 * Kinds of writes. `configuration` is the record of the latest configuration. `membership` is a log entry of the
 * consensus algorithm. All others are log entries of an order. `prepare` and `commit` are commands, and `performed` and
 * `forgotten` are steps that settle a transaction.
 */
export type Written =
  | Entry['kind']
  | 'last install'
  | 'prepare'
  | 'commit'
  | 'performed'
  | 'forgotten'
  | 'membership'
  | 'configuration';

export interface Step {
  readonly written: Written;
  /** Whether the step lies before the write or after its flush. */
  readonly side: 'before' | 'after';
  /** Number of the write among all writes of the kind, counted from 1. Default: 1. */
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
  // This listener runs before the product's listener, so the product never learns of the flush.
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
    return namesOf(decodeEntry(payload));
  });
}

function namesOf(entry: Entry): readonly Written[] {
  if (entry.kind === 'install' && entry.isLast) return ['install', 'last install'];
  if (entry.kind === 'command') {
    const { kind } = entry.command.operation;
    return kind === 'prepare' || kind === 'commit' ? ['command', kind] : ['command'];
  }
  if (entry.kind === 'settle' && entry.step === 'commit') return ['settle', 'performed'];
  if (entry.kind === 'settle' && entry.step === 'forget') return ['settle', 'forgotten'];
  return [entry.kind];
}

/** Blocks this worker forever. Messages that it has not sent yet are never sent. */
function halt(): never {
  globalThis.postMessage(HALTED);
  for (;;);
}
