/**
 * Calls that wait for room in a send window. Each order has three lanes, for reads, small writes and large writes. Each
 * lane has a window of its own, so large writes do not delay small writes, and writes do not delay reads.
 */
import type { Answer } from '../wire/frames/frame.ts';
import type { OrderId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { TIMES } from '../wire/times.ts';
import { Fifo } from './fifo.ts';
import type { PendingKeyCall } from './pending-call.ts';
import type { ClientTimes } from './requests.ts';

/** The calls of one kind to one order, with their send window. */
class Lane {
  readonly order: OrderLanes;
  readonly waiting = new Fifo<PendingKeyCall>();
  /** Bytes in flight. Only this class writes the field. */
  bytes = 0;
  readonly #times: ClientTimes;
  /** For each call in flight, the bytes that the call takes of the window. */
  readonly #bytesOf = new Map<PendingKeyCall, number>();
  /**
   * Most bytes in flight. The limit grows while answers come quickly, and shrinks when answers are late. Sent requests
   * can therefore be answered before their deadlines.
   */
  #limitBytes: number = LIMITS.client.sendWindowBytes;
  #shrunkMs = Number.NEGATIVE_INFINITY;
  /** Bytes of settled calls that are still in the `waiting` queue. Such calls are removed in groups. */
  #settledBytes = 0;

  constructor(order: OrderLanes, times: ClientTimes) {
    this.order = order;
    this.#times = times;
  }

  /**
   * Adds a call to the window if it fits. A single call always fits into an empty window.
   * @returns whether the call fits
   */
  takeRoom(call: PendingKeyCall): boolean {
    // A read counts with the expected size of the value that it returns.
    const bytes = call.call.kind === 'get' ? call.bytes + Math.ceil(this.order.readBytes) : call.bytes;
    const count = this.#bytesOf.size;
    if (count > 0 && (count >= LIMITS.client.clientRequests || this.bytes + bytes > this.#limitBytes)) return false;
    this.#bytesOf.set(call, bytes);
    this.bytes += bytes;
    return true;
  }

  /**
   * Moves the next waiting call into the window.
   * @returns the call; undefined if no call waits, or the next one does not fit
   */
  next(): PendingKeyCall | undefined {
    for (let call = this.waiting.peek(); call !== undefined; call = this.waiting.peek()) {
      if (call.state !== 'settled' && !this.takeRoom(call)) return undefined;
      this.waiting.shift();
      if (call.state !== 'settled') return call;
    }
    return undefined;
  }

  /** Notes an answer to a sending of the call. The round trip adapts the window. */
  answered(call: PendingKeyCall, answer: Answer, sentMs: number, nowMs: number): void {
    const bytes = this.#bytesOf.get(call);
    if (bytes === undefined) return;
    if (answer.kind === 'refusal') {
      if (answer.code === 'OVERLOADED') this.delayed(sentMs, nowMs);
      return;
    }
    const { order } = this;
    order.answeredMs = nowMs;
    if (call.call.kind === 'get') {
      const readBytes = answer.kind === 'value' ? answer.value.length : 0;
      order.readBytes += (readBytes - order.readBytes) / READS_IN_MEAN;
    }
    const roundTripMs = nowMs - sentMs;
    if (roundTripMs > this.#times.slowAnswerMs) this.delayed(sentMs, nowMs);
    // The window grows only while it is more than half full. Otherwise a larger window would not help.
    else if (roundTripMs <= this.#times.quickAnswerMs && this.bytes * 2 > this.#limitBytes) {
      this.#limitBytes = Math.min(LIMITS.client.sendWindowMaximumBytes, this.#limitBytes + bytes);
    }
  }

  /**
   * Shrinks the window, because the answer to a request was late or did not come. A request that was sent before the
   * latest shrinking does not shrink the window again.
   */
  delayed(sentMs: number, nowMs: number): void {
    if (sentMs < this.#shrunkMs) return;
    this.#shrunkMs = nowMs;
    this.#limitBytes = Math.max(LIMITS.client.sendWindowMinimumBytes, Math.floor(this.#limitBytes / 2));
  }

  /** Removes a call that is settled. */
  leave(call: PendingKeyCall): void {
    const bytes = this.#bytesOf.get(call);
    if (bytes !== undefined) {
      this.#bytesOf.delete(call);
      this.bytes -= bytes;
      return;
    }
    this.#settledBytes += call.bytes;
    if (this.#settledBytes < LIMITS.messages.valueBytes) return;
    this.#settledBytes = 0;
    this.waiting.keep(({ state }) => state !== 'settled');
  }

  takeWaiting(): readonly PendingKeyCall[] {
    const waiting = this.waiting.toArray();
    this.waiting.keep(() => false);
    return waiting;
  }
}

export class OrderLanes {
  readonly reads: Lane;
  /** Writes of at most `LIMITS.client.smallCallBytes`. */
  readonly smallWrites: Lane;
  readonly largeWrites: Lane;
  readonly all: readonly Lane[];
  /** Time of the order's latest answer, refusals excluded. */
  answeredMs = Number.NEGATIVE_INFINITY;
  /** Moving mean of the sizes of values that were read. */
  readBytes: number = LIMITS.client.unknownReadBytes;

  constructor(times: ClientTimes) {
    this.reads = new Lane(this, times);
    this.smallWrites = new Lane(this, times);
    this.largeWrites = new Lane(this, times);
    this.all = [this.reads, this.smallWrites, this.largeWrites];
  }
}

const READS_IN_MEAN = 8;

export class CallQueues {
  /** Lanes whose first waiting call may fit into their window. */
  readonly ready = new Set<Lane>();
  readonly #times: ClientTimes;
  readonly #byOrder = new Map<OrderId, OrderLanes>();
  /** The lane of each call whose order is known. */
  readonly #laneOf = new Map<PendingKeyCall, Lane>();
  readonly #withoutOrder = new Set<PendingKeyCall>();

  constructor(times: ClientTimes) {
    this.#times = times;
  }

  /**
   * Adds the call to the window if it fits and no other call waits. Otherwise the call waits.
   * @param order undefined if it is unknown which order serves the key
   * @returns whether the call may be sent now
   */
  enter(call: PendingKeyCall, order: OrderId | undefined): boolean {
    const lane = this.#laneFor(call, order);
    if (lane === undefined) return false;
    if (lane.waiting.length === 0 && lane.takeRoom(call)) return true;
    lane.waiting.push(call);
    return false;
  }

  /** Makes the call wait. `next` returns it as soon as it fits. */
  wait(call: PendingKeyCall, order: OrderId | undefined): void {
    const lane = this.#laneFor(call, order);
    if (lane === undefined) return;
    lane.waiting.push(call);
    this.ready.add(lane);
  }

  #laneFor(call: PendingKeyCall, order: OrderId | undefined): Lane | undefined {
    if (order === undefined) {
      this.#withoutOrder.add(call);
      this.#laneOf.delete(call);
      return undefined;
    }
    let lanes = this.#byOrder.get(order);
    if (lanes === undefined) this.#byOrder.set(order, (lanes = new OrderLanes(this.#times)));
    const writes = call.bytes <= LIMITS.client.smallCallBytes ? lanes.smallWrites : lanes.largeWrites;
    const lane = call.call.kind === 'get' ? lanes.reads : writes;
    this.#laneOf.set(call, lane);
    return lane;
  }

  /** Returns the next call that fits and adds it to its window. */
  next(): PendingKeyCall | undefined {
    for (const lane of this.ready) {
      const call = lane.next();
      if (call !== undefined) return call;
      this.ready.delete(lane);
    }
    return undefined;
  }

  /** Removes a call that is settled. */
  leave(call: PendingKeyCall): void {
    const lane = this.#laneOf.get(call);
    if (lane === undefined) {
      this.#withoutOrder.delete(call);
      return;
    }
    this.#laneOf.delete(call);
    lane.leave(call);
    if (lane.waiting.length > 0) this.ready.add(lane);
  }

  /** Notes an answer to a sending of the call. */
  answered(call: PendingKeyCall, answer: Answer, sentMs: number, nowMs: number): void {
    this.#laneOf.get(call)?.answered(call, answer, sentMs, nowMs);
  }

  /** Notes that a sending of the call was not answered in time. */
  delayed(call: PendingKeyCall, sentMs: number, nowMs: number): void {
    this.#laneOf.get(call)?.delayed(sentMs, nowMs);
  }

  /**
   * Returns the delay after which an unanswered request is sent again. The delay includes the time to transfer all
   * bytes in flight to this order at `slowBytesPerTick`.
   * @param unanswered number of unanswered sendings of the same request
   */
  answerPatienceMs(order: OrderId, unanswered: number): number {
    let bytes = 0;
    const lanes = this.#byOrder.get(order);
    if (lanes !== undefined) for (const lane of lanes.all) bytes += lane.bytes;
    const { requestRetryMs, requestRetryMaximumMs } = this.#times;
    const transferMs = Math.floor(bytes / LIMITS.client.slowBytesPerTick) * TIMES.raft.tickMs;
    const shortestMs = requestRetryMs + transferMs;
    return Math.min(shortestMs * 2 ** Math.min(unanswered, 8), Math.max(requestRetryMaximumMs, shortestMs));
  }

  hasAnsweredSince(order: OrderId | undefined, sinceMs: number): boolean {
    const lanes = order === undefined ? undefined : this.#byOrder.get(order);
    return lanes !== undefined && lanes.answeredMs > sinceMs;
  }

  /**
   * Distributes the waiting calls again after a change of configuration. Each call joins a lane of the order that now
   * serves its key.
   */
  distribute(orders: ReadonlySet<OrderId>, orderOf: (call: PendingKeyCall) => OrderId | undefined): void {
    const inLanes = [...this.#byOrder.values()].flatMap(({ all }) => all).flatMap((lane) => lane.takeWaiting());
    const waiting = [...this.#withoutOrder, ...inLanes].filter(({ state }) => state !== 'settled');
    this.#withoutOrder.clear();
    this.ready.clear();
    for (const order of this.#byOrder.keys()) if (!orders.has(order)) this.#byOrder.delete(order);
    for (const call of waiting.toSorted((one, other) => one.number - other.number)) this.wait(call, orderOf(call));
  }
}
