/** All unsettled calls. Calls on the same key are sent in the sequence in which they were made. */
import { assert } from '../wire/assertion.ts';
import { type KeyText, keyTextOf, slotOfKey } from '../store/key.ts';
import { CallBudget, checkedBytes } from './call-limits.ts';
import { CallQueues } from './call-queues.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Call, CallNumber, ListCall } from './contract.ts';
import type { Slot } from '../wire/identifiers.ts';
import { Fifo } from './fifo.ts';
import type { PendingCall, PendingKeyCall } from './pending-call.ts';
import { Attempts, type ClientTimes } from './requests.ts';

export class PendingCalls {
  readonly queues: CallQueues;
  readonly all = new Map<CallNumber, PendingCall>();
  readonly active = new Set<PendingCall>();
  /** Calls that may not be sent yet and have the usual time-out, sorted by deadline. */
  readonly waiting = new Set<PendingKeyCall>();
  /** Calls that may not be sent yet and have a time-out of their caller, in no particular order. */
  readonly waitingWithTimeout = new Set<PendingKeyCall>();
  readonly #times: ClientTimes;
  readonly #clusterView: ClusterView;
  readonly #budget = new CallBudget();
  readonly #keyOrder = new KeyOrder();
  #lastNumber = 0;

  constructor(times: ClientTimes, clusterView: ClusterView) {
    this.#times = times;
    this.#clusterView = clusterView;
    this.queues = new CallQueues(times);
  }

  /**
   * Adds a call.
   * @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`, `VALUE_TOO_LARGE`, `OVERLOADED`
   */
  add(call: Call, nowMs: number, timeoutMs?: number): PendingCall {
    const pending = pendingCall(this.#lastNumber + 1, call, nowMs, this.#times, timeoutMs);
    this.#budget.take(pending.bytes);
    this.#lastNumber = pending.number;
    this.all.set(pending.number, pending);
    if (
      pending.kind !== 'key' ||
      (this.#keyOrder.add(pending) && this.queues.enter(pending, this.#clusterView.order(pending)))
    ) {
      pending.state = 'active';
      this.active.add(pending);
    } else this.#waitingSetOf(pending).add(pending);
    return pending;
  }

  /** Moves the next waiting call into the send window of its order. Returns the call, which may be sent from now on. */
  next(): PendingKeyCall | undefined {
    const call = this.queues.next();
    if (call === undefined) return undefined;
    this.#waitingSetOf(call).delete(call);
    call.state = 'active';
    this.active.add(call);
    return call;
  }

  /**
   * Removes a settled call from its window and releases later calls on its key.
   * @returns whether a waiting call may fit now
   */
  settle(call: PendingCall): boolean {
    call.state = 'settled';
    this.all.delete(call.number);
    this.active.delete(call);
    this.#budget.free(call.bytes);
    if (call.kind !== 'key') return false;
    this.#waitingSetOf(call).delete(call);
    this.queues.leave(call);
    for (const next of this.#keyOrder.remove(call)) this.queues.wait(next, this.#clusterView.order(next));
    return this.queues.ready.size > 0;
  }

  #waitingSetOf(call: PendingKeyCall): Set<PendingKeyCall> {
    return call.hasOwnTimeout ? this.waitingWithTimeout : this.waiting;
  }
}

export function pendingCall(
  number: number,
  call: Call,
  beganMs: number,
  times: ClientTimes,
  timeoutMs?: number,
): PendingCall {
  assertCallNumber(number);
  const deadlineMs = beganMs + (timeoutMs ?? times.requestDeadlineMs);
  const hasOwnTimeout = timeoutMs !== undefined;
  const [bytes, attempts] = [checkedBytes(call), new Attempts()];
  const pending = { number, beganMs, deadlineMs, hasOwnTimeout, bytes, state: 'waiting', attempts } as const;
  if (call.kind === 'administer' || call.kind === 'query') return { ...pending, kind: 'governance', call };
  if (call.kind === 'list') return { ...pending, kind: 'list', call, slot: firstSlotOf(call) };
  const key = call.kind === 'get' ? call.key : call.operation.key;
  return { ...pending, kind: 'key', call, key: keyTextOf(key), slot: slotOfKey(key), command: undefined };
}

function firstSlotOf({ slots: [range] }: ListCall): Slot {
  assert(range !== undefined, 'a list is of some slots');
  return range.first;
}

/**
 * The sequence of calls on the same key. A write waits for all calls before it, and a read waits for the writes before
 * it.
 */
export class KeyOrder {
  /** For each key, its only unsettled call, or a queue of several calls. */
  readonly #byKey = new Map<KeyText, PendingKeyCall | KeyQueue>();

  /**
   * Adds a call.
   * @returns whether the call can start, because it waits for no earlier call
   */
  add(call: PendingKeyCall): boolean {
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
  remove(call: PendingKeyCall): readonly PendingKeyCall[] {
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
  readonly #calls = new Fifo<PendingKeyCall>();
  #writes = 0;
  #settledBehindFirst = 0;

  constructor(first: PendingKeyCall) {
    this.add(first);
  }

  get isEmpty(): boolean {
    return this.#calls.peek() === undefined;
  }

  /**
   * Adds a call.
   * @returns whether the call can start, because it waits for no earlier call
   */
  add(call: PendingKeyCall): boolean {
    const mayStart = isWrite(call) ? this.isEmpty : this.#writes === 0;
    this.#calls.push(call);
    if (isWrite(call)) this.#writes += 1;
    return mayStart;
  }

  /**
   * Removes a settled call.
   * @returns the calls that waited only for this call
   */
  remove(call: PendingKeyCall): readonly PendingKeyCall[] {
    if (isWrite(call)) this.#writes -= 1;
    if (this.#calls.peek() !== call) return this.#removeBehindFirst(call);
    this.#calls.shift();
    while (this.#calls.peek()?.state === 'settled') {
      this.#calls.shift();
      this.#settledBehindFirst -= 1;
    }
    const first = this.#calls.peek();
    if (first === undefined) return NO_CALLS;
    if (isWrite(first)) return [first];
    return isWrite(call) ? readsAtFront(this.#calls) : NO_CALLS;
  }

  #removeBehindFirst(call: PendingKeyCall): readonly PendingKeyCall[] {
    const first = this.#calls.peek();
    const released =
      isWrite(call) && first !== undefined && !isWrite(first) ? readsBehind(this.#calls.toArray(), call) : NO_CALLS;
    this.#settledBehindFirst += 1;
    if (this.#settledBehindFirst * 2 > this.#calls.length) {
      this.#calls.keep(({ state }) => state !== 'settled');
      this.#settledBehindFirst = 0;
    }
    return released;
  }
}

const NO_CALLS: readonly PendingKeyCall[] = [];

/** Returns the unsettled reads before the first write. */
function readsAtFront(calls: Fifo<PendingKeyCall>): readonly PendingKeyCall[] {
  const reads: PendingKeyCall[] = [];
  for (const call of calls) {
    if (call.state === 'settled') continue;
    if (isWrite(call)) break;
    reads.push(call);
  }
  return reads;
}

/**
 * Returns the reads between a settled write and the next write. Returns none if an unsettled write precedes these
 * reads.
 */
function readsBehind(calls: readonly PendingKeyCall[], write: PendingKeyCall): readonly PendingKeyCall[] {
  const open = calls.filter((call) => call === write || call.state !== 'settled');
  const at = open.indexOf(write);
  if (open.slice(0, at).some((call) => isWrite(call))) return NO_CALLS;
  const behind = open.slice(at + 1);
  const next = behind.findIndex((call) => isWrite(call));
  return next === -1 ? behind : behind.slice(0, next);
}

function isWrite({ call }: PendingKeyCall): boolean {
  return call.kind === 'write';
}

function assertCallNumber(value: number): asserts value is CallNumber {
  assert(Number.isSafeInteger(value), 'a client numbers its calls with safe integers');
}
