/** All calls that are not settled: those that may be sent, and those that wait for room or for earlier calls on their key. */
import { assert } from '../wire/assertion.ts';
import type { OrderId } from '../wire/identifiers.ts';
import { CallBudget, callBytes } from './call-cost.ts';
import { CallQueues } from './call-queues.ts';
import type { Call, CallNumber } from './contract.ts';
import { KeyOrder } from './key-order.ts';
import type { PendingCall, PendingKeyCall } from './pending-call.ts';
import { pendingCall } from './pending-call.ts';

export class PendingCalls {
  readonly queues = new CallQueues();
  readonly #orderOf: (call: PendingKeyCall) => OrderId | undefined;
  readonly #all = new Map<CallNumber, PendingCall>();
  readonly #active = new Set<PendingCall>();
  readonly #waiting = new Set<PendingKeyCall>();
  readonly #budget = new CallBudget();
  readonly #keyOrder = new KeyOrder();
  #lastNumber = 0;

  /** @param orderOf which order serves the key of a call; undefined where it is not known yet */
  constructor(orderOf: (call: PendingKeyCall) => OrderId | undefined) {
    this.#orderOf = orderOf;
  }

  get all(): Iterable<PendingCall> {
    return this.#all.values();
  }

  /** Those that may be sent. */
  get active(): Iterable<PendingCall> {
    return this.#active;
  }

  /** Those that may not be sent yet, the oldest first: one deadline after the other. */
  get waiting(): Iterable<PendingKeyCall> {
    return this.#waiting;
  }

  get(number: CallNumber): PendingCall | undefined {
    return this.#all.get(number);
  }

  /** @throws {ShardbearerError} `OVERLOADED` */
  add(call: Call, nowMs: number): PendingCall {
    this.#budget.take(callBytes(call));
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    assertCallNumber(number);
    const pending = pendingCall(number, call, nowMs);
    this.#all.set(number, pending);
    if (pending.kind === 'governance') {
      this.#active.add(pending);
      return pending;
    }
    this.#waiting.add(pending);
    if (this.#keyOrder.add(pending)) this.queues.add(pending, this.#orderOf(pending));
    return pending;
  }

  /** The next call that has room now: from now on it may be sent. */
  next(): PendingKeyCall | undefined {
    const call = this.queues.next();
    if (call === undefined) return undefined;
    this.#waiting.delete(call);
    this.#active.add(call);
    return call;
  }

  /** The room that it took is free, and later calls on its key may follow. */
  settle(call: PendingCall): void {
    call.isSettled = true;
    this.#all.delete(call.number);
    this.#active.delete(call);
    this.#budget.free(call.bytes);
    if (call.kind === 'governance') return;
    this.#waiting.delete(call);
    this.queues.leave(call);
    for (const next of this.#keyOrder.remove(call)) this.queues.add(next, this.#orderOf(next));
  }
}

function assertCallNumber(value: number): asserts value is CallNumber {
  assert(Number.isSafeInteger(value) && value >= 1, 'calls are counted from 1');
}
