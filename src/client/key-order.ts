/** The sequence of calls on the same key. */
import type { KeyText } from '../store/key.ts';
import { Fifo } from './fifo.ts';
import type { PendingKeyCall, TransactionClaim } from './pending-call.ts';

/** A call on one key, or the place of a transaction among the calls on one of its keys. */
type KeyClaim = PendingKeyCall | TransactionClaim;

/**
 * The sequence of calls on the same key. A write waits for all calls before it, and a read waits for the writes before
 * it.
 */
export class KeyOrder {
  /** For each key, its only unsettled call, or a queue of several calls. */
  readonly #byKey = new Map<KeyText, KeyClaim | KeyQueue>();

  /**
   * Adds a call.
   * @returns whether the call can start, because it waits for no earlier call
   */
  add(call: KeyClaim): boolean {
    const before = this.#byKey.get(call.key);
    if (before === undefined) {
      this.#byKey.set(call.key, call);
      return true;
    }
    const queue = before instanceof KeyQueue ? before : new KeyQueue(before);
    this.#byKey.set(call.key, queue);
    return queue.add(call);
  }

  /**
   * Removes a settled call.
   * @returns the calls that waited only for this call
   */
  remove(call: KeyClaim): readonly KeyClaim[] {
    const known = this.#byKey.get(call.key);
    if (known === call) this.#byKey.delete(call.key);
    if (!(known instanceof KeyQueue)) return NO_CALLS;
    const released = known.remove(call);
    if (known.isEmpty) this.#byKey.delete(call.key);
    return released;
  }
}

class KeyQueue {
  /**
   * The calls in the sequence in which they were made. The first call is unsettled. Settled calls behind it stay until
   * they reach the front, or until they are more than half of the queue.
   */
  readonly #calls = new Fifo<KeyClaim>();
  #writes = 0;
  #settledBehindFirst = 0;

  constructor(first: KeyClaim) {
    this.add(first);
  }

  get isEmpty(): boolean {
    return this.#calls.peek() === undefined;
  }

  /**
   * Adds a call.
   * @returns whether the call can start, because it waits for no earlier call
   */
  add(call: KeyClaim): boolean {
    const mayStart = isWrite(call) ? this.isEmpty : this.#writes === 0;
    this.#calls.push(call);
    if (isWrite(call)) this.#writes += 1;
    return mayStart;
  }

  /**
   * Removes a settled call.
   * @returns the calls that waited only for this call
   */
  remove(call: KeyClaim): readonly KeyClaim[] {
    if (isWrite(call)) this.#writes -= 1;
    if (this.#calls.peek() !== call) return this.#removeBehindFirst(call);
    this.#calls.shift();
    let first = this.#calls.peek();
    while (first !== undefined && isSettled(first)) {
      this.#calls.shift();
      this.#settledBehindFirst -= 1;
      first = this.#calls.peek();
    }
    if (first === undefined) return NO_CALLS;
    if (isWrite(first)) return [first];
    return isWrite(call) ? readsAtFront(this.#calls) : NO_CALLS;
  }

  #removeBehindFirst(call: KeyClaim): readonly KeyClaim[] {
    const first = this.#calls.peek();
    const released =
      isWrite(call) && first !== undefined && !isWrite(first) ? readsBehind(this.#calls.toArray(), call) : NO_CALLS;
    this.#settledBehindFirst += 1;
    if (this.#settledBehindFirst * 2 > this.#calls.length) {
      this.#calls.keep((claim) => !isSettled(claim));
      this.#settledBehindFirst = 0;
    }
    return released;
  }
}

const NO_CALLS: readonly KeyClaim[] = [];

/** Returns the unsettled reads before the first write. */
function readsAtFront(calls: Fifo<KeyClaim>): readonly KeyClaim[] {
  const reads: KeyClaim[] = [];
  for (const call of calls) {
    if (isSettled(call)) continue;
    if (isWrite(call)) break;
    reads.push(call);
  }
  return reads;
}

/**
 * Returns the reads between a settled write and the next write. Returns none if an unsettled write precedes these
 * reads.
 */
function readsBehind(calls: readonly KeyClaim[], write: KeyClaim): readonly KeyClaim[] {
  const open = calls.filter((call) => call === write || !isSettled(call));
  const at = open.indexOf(write);
  if (open.slice(0, at).some((call) => isWrite(call))) return NO_CALLS;
  const behind = open.slice(at + 1);
  const next = behind.findIndex((call) => isWrite(call));
  return next === -1 ? behind : behind.slice(0, next);
}

function isWrite(claim: KeyClaim): boolean {
  return claim.kind === 'key' ? claim.call.kind === 'write' : claim.isWrite;
}

function isSettled(claim: KeyClaim): boolean {
  return (claim.kind === 'key' ? claim : claim.transaction).state === 'settled';
}
