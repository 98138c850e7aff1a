/** All unsettled calls. Calls on the same key are sent in the sequence in which they were made. */
import { assert } from '../wire/assertion.ts';
import { keyTextOf, slotOfKey } from '../store/key.ts';
import { CallBudget, checkedBytes } from './call-limits.ts';
import { CallQueues } from './call-queues.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Call, CallNumber, SlotRange, TransactionCall } from './contract.ts';
import type { Slot } from '../wire/identifiers.ts';
import { KeyOrder } from './key-order.ts';
import type {
  ApplicationCall,
  PendingCall,
  PendingKeyCall,
  PendingStep,
  PendingTransaction,
  TransactionClaim,
} from './pending-call.ts';
import { Attempts, type ClientTimes } from './requests.ts';

export class PendingCalls {
  readonly queues: CallQueues;
  readonly all = new Map<CallNumber, ApplicationCall>();
  readonly active = new Set<PendingCall>();
  /** Calls that may not be sent yet and have the usual time-out, sorted by deadline. */
  readonly waiting = new Set<PendingKeyCall>();
  /** Transactions, and calls with a time-out of their caller, that may not be sent yet. In no particular order. */
  readonly waitingWithTimeout = new Set<PendingKeyCall | PendingTransaction>();
  /** Transactions that wait for no earlier call any more, and have not begun. */
  readonly startable: PendingTransaction[] = [];
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
  add(call: Call, nowMs: number, timeoutMs?: number): ApplicationCall {
    const pending = pendingCall(this.#lastNumber + 1, call, nowMs, this.#times, timeoutMs);
    this.#budget.take(pending.bytes);
    this.#lastNumber = pending.number;
    this.all.set(pending.number, pending);
    if (pending.kind === 'transaction') this.#addTransaction(pending);
    else if (
      pending.kind !== 'key' ||
      (this.#keyOrder.add(pending) && this.queues.enter(pending, this.#clusterView.order(pending)))
    ) {
      pending.state = 'active';
      this.active.add(pending);
    } else this.#waitingSetOf(pending).add(pending);
    return pending;
  }

  /** Adds a step of a transaction. It waits for no other call, since the transaction has waited. */
  addStep(step: PendingStep): void {
    step.state = 'active';
    this.active.add(step);
  }

  #addTransaction(transaction: PendingTransaction): void {
    this.waitingWithTimeout.add(transaction);
    for (const claim of transaction.claims) if (!this.#keyOrder.add(claim)) transaction.blockedClaims += 1;
    if (transaction.blockedClaims === 0) this.startable.push(transaction);
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
    this.active.delete(call);
    if (call.kind === 'step') return false;
    this.all.delete(call.number);
    this.#budget.free(call.bytes);
    if (call.kind === 'transaction') {
      this.waitingWithTimeout.delete(call);
      for (const claim of call.claims) this.#release(claim);
    } else if (call.kind === 'key') {
      this.#waitingSetOf(call).delete(call);
      this.queues.leave(call);
      this.#release(call);
    }
    return this.queues.ready.size > 0 || this.startable.length > 0;
  }

  /** Lets the calls go on that waited only for this one. */
  #release(settled: PendingKeyCall | TransactionClaim): void {
    for (const next of this.#keyOrder.remove(settled)) {
      if (next.kind === 'key') this.queues.wait(next, this.#clusterView.order(next));
      else {
        next.transaction.blockedClaims -= 1;
        if (next.transaction.blockedClaims === 0) this.startable.push(next.transaction);
      }
    }
  }

  #waitingSetOf(call: PendingKeyCall): Set<PendingKeyCall> | Set<PendingKeyCall | PendingTransaction> {
    return call.hasOwnTimeout ? this.waitingWithTimeout : this.waiting;
  }
}

export function pendingCall(
  number: number,
  call: Call,
  beganMs: number,
  times: ClientTimes,
  timeoutMs?: number,
): ApplicationCall {
  assertCallNumber(number);
  const deadlineMs = beganMs + (timeoutMs ?? times.requestDeadlineMs);
  const hasOwnTimeout = timeoutMs !== undefined;
  const [bytes, attempts] = [checkedBytes(call), new Attempts()];
  const pending = { number, beganMs, deadlineMs, hasOwnTimeout, bytes, state: 'waiting', attempts } as const;
  if (call.kind === 'administer' || call.kind === 'query') return { ...pending, kind: 'governance', call };
  if (call.kind === 'list') return { ...pending, kind: 'list', call, slot: firstOf(call.slots) };
  if (call.kind === 'lock-range') return { ...pending, kind: 'range', call, slot: firstOf(call.slots) };
  if (call.kind === 'release-range') return { ...pending, kind: 'range', call, slot: call.slot };
  if (call.kind === 'watch') return { ...pending, kind: 'watch', call, slot: firstOf(call.ranges) };
  if (call.kind === 'transaction') return pendingTransaction(pending, call);
  const key = call.kind === 'get' ? call.key : call.operation.key;
  return { ...pending, kind: 'key', call, key: keyTextOf(key), slot: slotOfKey(key), command: undefined };
}

function pendingTransaction(
  pending: Omit<PendingTransaction, 'kind' | 'call' | 'slot' | 'claims' | 'blockedClaims' | 'commit'>,
  call: TransactionCall,
): PendingTransaction {
  const claims: TransactionClaim[] = [];
  const slots = [...call.checks, ...call.writes].map(({ key }) => slotOfKey(key));
  const slot = slots[0] ?? call.revisions[0]?.slot;
  assert(slot !== undefined, 'a transaction has keys');
  const transaction = {
    ...pending,
    kind: 'transaction',
    call,
    slot,
    claims,
    blockedClaims: 0,
    commit: undefined,
  } as const;
  const written = new Set(call.writes.map(({ key }) => keyTextOf(key)));
  for (const key of new Set([...written, ...call.checks.map((check) => keyTextOf(check.key))])) {
    claims.push({ kind: 'claim', key, isWrite: written.has(key), transaction });
  }
  return transaction;
}

function firstOf([range]: readonly SlotRange[]): Slot {
  assert(range !== undefined, 'a list or watch is of some slots');
  return range.first;
}

function assertCallNumber(value: number): asserts value is CallNumber {
  assert(Number.isSafeInteger(value), 'a client numbers its calls with safe integers');
}
