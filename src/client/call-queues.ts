/**
 * Calls that wait for room in the send window of their order. Each order has three lanes, each with its own window:
 * large writes do not delay small ones, and neither delays reads.
 */
import type { Answer } from '../wire/frames/frame.ts';
import type { OrderId } from '../wire/identifiers.ts';
import { INTERVALS, LIMITS } from '../wire/limits.ts';
import type { ClientTimes } from './attempts.ts';
import { Fifo } from './fifo.ts';
import type { PendingKeyCall } from './pending-call.ts';

/**
 * Bounds the bytes of requests in flight. The window grows while answers come quickly and shrinks when they are late, so
 * that sent requests can be answered before their deadlines.
 */
export class SendWindow {
  /** Bytes in flight. */
  bytes = 0;
  readonly #times: ClientTimes;
  #limitBytes: number = LIMITS.sendWindowBytes;
  #count = 0;
  #shrunkMs = Number.NEGATIVE_INFINITY;

  constructor(times: ClientTimes) {
    this.#times = times;
  }

  /** @returns whether the request fits; a single one always does */
  take(bytes: number): boolean {
    if (this.#count > 0) {
      if (this.#count >= LIMITS.clientRequests || this.bytes + bytes > this.#limitBytes) return false;
    }
    this.#count += 1;
    this.bytes += bytes;
    return true;
  }

  free(bytes: number): void {
    this.#count -= 1;
    this.bytes -= bytes;
  }

  /** A request of `bytes`, which still counts as in flight, was answered. */
  answered(bytes: number, sentMs: number, nowMs: number): void {
    const roundTripMs = nowMs - sentMs;
    if (roundTripMs > this.#times.slowAnswerMs) this.delayed(sentMs, nowMs);
    // Only a full window shows that a larger one would help.
    else if (roundTripMs <= this.#times.quickAnswerMs && this.bytes * 2 > this.#limitBytes) {
      this.#limitBytes = Math.min(LIMITS.sendWindowMaximumBytes, this.#limitBytes + bytes);
    }
  }

  /** An answer was late or did not come. All requests sent before the last shrinking count as one. */
  delayed(sentMs: number, nowMs: number): void {
    if (sentMs < this.#shrunkMs) return;
    this.#shrunkMs = nowMs;
    this.#limitBytes = Math.max(LIMITS.sendWindowMinimumBytes, Math.floor(this.#limitBytes / 2));
  }
}

/**
 * The wait for an answer before the request is sent again.
 * @param bytes in flight to the same order, which are transferred first
 * @param unanswered sendings of the same request
 */
export function answerPatienceMs(bytes: number, unanswered: number, times: ClientTimes): number {
  const transferMs = Math.floor(bytes / LIMITS.slowBytesPerTick) * INTERVALS.tickMs;
  const shortestMs = times.requestRetryMs + transferMs;
  return Math.min(shortestMs * 2 ** Math.min(unanswered, 8), Math.max(times.requestRetryMaximumMs, shortestMs));
}

/** Reads, writes of at most `LIMITS.smallCallBytes`, or larger writes. */
class Lane {
  readonly window: SendWindow;
  readonly order: OrderLanes;
  #waiting = new Fifo<PendingKeyCall>();
  /** The bytes that each sent call takes of the window. */
  readonly sentBytes = new Map<PendingKeyCall, number>();
  /** Bytes of calls that were settled while they waited and are still in the queue. */
  #settledBytes = 0;

  constructor(order: OrderLanes, times: ClientTimes) {
    this.order = order;
    this.window = new SendWindow(times);
  }

  push(call: PendingKeyCall): void {
    this.#waiting.push(call);
  }

  /** Takes room in the window for the next call. @returns undefined if no call waits or fits */
  next(): PendingKeyCall | undefined {
    for (let call = this.#waiting.peek(); call !== undefined; call = this.#waiting.peek()) {
      // A read takes room for the value that it is expected to return.
      const bytes = call.call.kind === 'get' ? call.bytes + Math.ceil(this.order.readBytes) : call.bytes;
      if (!call.isSettled && !this.window.take(bytes)) return undefined;
      this.#waiting.shift();
      if (call.isSettled) continue;
      this.sentBytes.set(call, bytes);
      return call;
    }
    return undefined;
  }

  /** A call of this lane is settled. */
  leave(call: PendingKeyCall): void {
    const bytes = this.sentBytes.get(call);
    if (bytes !== undefined) {
      this.sentBytes.delete(call);
      this.window.free(bytes);
      return;
    }
    this.#settledBytes += call.bytes;
    if (this.#settledBytes < LIMITS.valueBytes) return;
    this.#settledBytes = 0;
    this.#waiting.keep(({ isSettled }) => !isSettled);
  }

  takeAll(): readonly PendingKeyCall[] {
    const waiting = this.#waiting.toArray().filter(({ isSettled }) => !isSettled);
    this.#waiting = new Fifo();
    return waiting;
  }
}

class OrderLanes {
  readonly reads: Lane;
  readonly smallWrites: Lane;
  readonly largeWrites: Lane;
  /** When the order last answered. */
  answeredMs = Number.NEGATIVE_INFINITY;
  /** Moving mean of the sizes of values that were read. */
  readBytes: number = LIMITS.unknownReadBytes;

  constructor(times: ClientTimes) {
    this.reads = new Lane(this, times);
    this.smallWrites = new Lane(this, times);
    this.largeWrites = new Lane(this, times);
  }

  laneOf({ call, bytes }: PendingKeyCall): Lane {
    if (call.kind === 'get') return this.reads;
    return bytes <= LIMITS.smallCallBytes ? this.smallWrites : this.largeWrites;
  }

  takeAll(): readonly PendingKeyCall[] {
    return [this.reads, this.smallWrites, this.largeWrites].flatMap((lane) => lane.takeAll());
  }
}

const READS_IN_MEAN = 8;

export class CallQueues {
  readonly #times: ClientTimes;
  readonly #byOrder = new Map<OrderId, OrderLanes>();
  /** The lane of each call for which an order is known. */
  readonly #laneOf = new Map<PendingKeyCall, Lane>();
  readonly #withoutOrder = new Set<PendingKeyCall>();
  /** Lanes whose next call may fit. */
  readonly #ready = new Set<Lane>();

  constructor(times: ClientTimes) {
    this.#times = times;
  }

  /** @param order undefined if it is unknown which order serves the key */
  add(call: PendingKeyCall, order: OrderId | undefined): void {
    if (order === undefined) {
      this.#withoutOrder.add(call);
      this.#laneOf.delete(call);
      return;
    }
    let lanes = this.#byOrder.get(order);
    if (lanes === undefined) this.#byOrder.set(order, (lanes = new OrderLanes(this.#times)));
    const lane = lanes.laneOf(call);
    this.#laneOf.set(call, lane);
    lane.push(call);
    this.#ready.add(lane);
  }

  /** Takes room for the next call that fits now. */
  next(): PendingKeyCall | undefined {
    for (const lane of this.#ready) {
      const call = lane.next();
      if (call !== undefined) return call;
      this.#ready.delete(lane);
    }
    return undefined;
  }

  /** The call is settled. */
  leave(call: PendingKeyCall): void {
    const lane = this.#laneOf.get(call);
    if (lane === undefined) {
      this.#withoutOrder.delete(call);
      return;
    }
    this.#laneOf.delete(call);
    lane.leave(call);
    this.#ready.add(lane);
  }

  /** A sending of the call was answered. The round trip adapts the window. */
  answered(call: PendingKeyCall, answer: Answer, sentMs: number, nowMs: number): void {
    const lane = this.#laneOf.get(call);
    const bytes = lane?.sentBytes.get(call);
    if (lane === undefined || bytes === undefined) return;
    if (answer.kind === 'refusal') {
      if (answer.code === 'OVERLOADED') lane.window.delayed(sentMs, nowMs);
      return;
    }
    const { order, window } = lane;
    order.answeredMs = nowMs;
    if (call.call.kind === 'get') {
      const readBytes = answer.kind === 'value' ? answer.value.length : 0;
      order.readBytes += (readBytes - order.readBytes) / READS_IN_MEAN;
    }
    window.answered(bytes, sentMs, nowMs);
  }

  /** A sending of the call was not answered in time. */
  delayed(call: PendingKeyCall, sentMs: number, nowMs: number): void {
    this.#laneOf.get(call)?.window.delayed(sentMs, nowMs);
  }

  bytesInFlight(order: OrderId): number {
    const lanes = this.#byOrder.get(order);
    if (lanes === undefined) return 0;
    return lanes.reads.window.bytes + lanes.smallWrites.window.bytes + lanes.largeWrites.window.bytes;
  }

  hasAnsweredSince(order: OrderId | undefined, sinceMs: number): boolean {
    const lanes = order === undefined ? undefined : this.#byOrder.get(order);
    return lanes !== undefined && lanes.answeredMs > sinceMs;
  }

  /** After a change of configuration, every waiting call joins a lane of the order that serves its key now. */
  distribute(orders: ReadonlySet<OrderId>, orderOf: (call: PendingKeyCall) => OrderId | undefined): void {
    const inLanes = [...this.#byOrder.values()].flatMap((lanes) => lanes.takeAll());
    const waiting = [...this.#withoutOrder, ...inLanes].filter(({ isSettled }) => !isSettled);
    this.#withoutOrder.clear();
    this.#ready.clear();
    for (const order of this.#byOrder.keys()) if (!orders.has(order)) this.#byOrder.delete(order);
    for (const call of waiting.toSorted((one, other) => one.number - other.number)) this.add(call, orderOf(call));
  }
}
