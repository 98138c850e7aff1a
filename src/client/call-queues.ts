/**
 * Calls that wait for room at the order that serves their key. Each order has three lanes, each with a window of its
 * own: large writes do not hold up small ones, and neither holds up reads.
 */
import type { Answer } from '../wire/frames/frame.ts';
import type { OrderId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { Fifo } from './fifo.ts';
import type { PendingKeyCall } from './pending-call.ts';
import { SendWindow } from './send-window.ts';

/** Reads, writes of at most `LIMITS.smallCallBytes`, or larger writes. */
class Lane {
  readonly window = new SendWindow();
  readonly order: OrderLanes;
  #waiting = new Fifo<PendingKeyCall>();
  /** Bytes of the window that each sent call takes. */
  readonly #sentBytes = new Map<PendingKeyCall, number>();
  /** Of calls in it that were settled while they waited. */
  #settledBytes = 0;

  constructor(order: OrderLanes) {
    this.order = order;
  }

  push(call: PendingKeyCall): void {
    this.#waiting.push(call);
  }

  /** Takes room for the next call, if it has room. */
  next(): PendingKeyCall | undefined {
    for (let call = this.#waiting.peek(); call !== undefined; call = this.#waiting.peek()) {
      const bytes = this.order.expectedBytes(call);
      if (!call.isSettled && !this.window.hasRoom(bytes)) return undefined;
      this.#waiting.shift();
      if (call.isSettled) continue;
      this.window.take(bytes);
      this.#sentBytes.set(call, bytes);
      return call;
    }
    return undefined;
  }

  /** A call in it is settled: its room is free, or it waits no longer. */
  leave(call: PendingKeyCall): void {
    const sentBytes = this.#sentBytes.get(call);
    if (sentBytes !== undefined) {
      this.#sentBytes.delete(call);
      this.window.free(sentBytes);
      return;
    }
    this.#settledBytes += call.bytes;
    if (this.#settledBytes < LIMITS.valueBytes) return;
    this.#settledBytes = 0;
    this.#waiting.keep(({ isSettled }) => !isSettled);
  }

  /** @returns undefined for a call that waits */
  sentBytes(call: PendingKeyCall): number | undefined {
    return this.#sentBytes.get(call);
  }

  takeAll(): readonly PendingKeyCall[] {
    const waiting = this.#waiting.toArray().filter(({ isSettled }) => !isSettled);
    this.#waiting = new Fifo();
    return waiting;
  }
}

class OrderLanes {
  readonly reads = new Lane(this);
  readonly smallWrites = new Lane(this);
  readonly largeWrites = new Lane(this);
  readonly all = [this.reads, this.smallWrites, this.largeWrites];
  /** When the order answered last. */
  answeredMs = Number.NEGATIVE_INFINITY;
  /** Mean size of the values that were read of late. */
  #readBytes: number = LIMITS.unknownReadBytes;

  get bytesUnderWay(): number {
    return this.all.reduce((sum, { window }) => sum + window.bytes, 0);
  }

  laneOf({ call, bytes }: PendingKeyCall): Lane {
    if (call.kind === 'get') return this.reads;
    return bytes <= LIMITS.smallCallBytes ? this.smallWrites : this.largeWrites;
  }

  noteRead(bytes: number): void {
    this.#readBytes += (bytes - this.#readBytes) / READS_IN_MEAN;
  }

  /** Bytes that a call and its answer are expected to take. */
  expectedBytes({ call, bytes }: PendingKeyCall): number {
    return call.kind === 'get' ? bytes + Math.ceil(this.#readBytes) : bytes;
  }
}

const READS_IN_MEAN = 8;

export class CallQueues {
  readonly #byOrder = new Map<OrderId, OrderLanes>();
  /** The lane in which a call waits, or takes part of the window. */
  readonly #laneOf = new Map<PendingKeyCall, Lane>();
  /** Calls for which no order is known yet. */
  readonly #unplaced = new Set<PendingKeyCall>();
  /** Lanes in which a call may have room. */
  readonly #ready = new Set<Lane>();

  /** @param order undefined where it is not known which one serves the key */
  add(call: PendingKeyCall, order: OrderId | undefined): void {
    if (order === undefined) {
      this.#unplaced.add(call);
      this.#laneOf.delete(call);
      return;
    }
    const lane = this.#lanesOf(order).laneOf(call);
    this.#laneOf.set(call, lane);
    lane.push(call);
    this.#ready.add(lane);
  }

  /** Takes room for the next call that has room now. */
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
    this.#unplaced.delete(call);
    const lane = this.#laneOf.get(call);
    if (lane === undefined) return;
    this.#laneOf.delete(call);
    lane.leave(call);
    this.#ready.add(lane);
  }

  /** An answer came to a sending of this call: how soon it came decides how much is sent. */
  note(call: PendingKeyCall, answer: Answer, sentMs: number, nowMs: number): void {
    const lane = this.#laneOf.get(call);
    const sentBytes = lane?.sentBytes(call);
    if (lane === undefined || sentBytes === undefined) return;
    if (answer.kind === 'refusal') {
      if (answer.code === 'OVERLOADED') lane.window.delayed(sentMs, nowMs);
      return;
    }
    lane.order.answeredMs = nowMs;
    if (call.call.kind === 'get') lane.order.noteRead(answer.kind === 'value' ? answer.value.length : 0);
    lane.window.answered(sentBytes, sentMs, nowMs);
  }

  /** No answer came in time. */
  delayed(call: PendingKeyCall, sentMs: number, nowMs: number): void {
    this.#laneOf.get(call)?.window.delayed(sentMs, nowMs);
  }

  bytesUnderWay(order: OrderId): number {
    return this.#byOrder.get(order)?.bytesUnderWay ?? 0;
  }

  /** Whether the order has answered a call since then. */
  hasAnsweredSince(order: OrderId | undefined, sinceMs: number): boolean {
    const lanes = order === undefined ? undefined : this.#byOrder.get(order);
    return lanes !== undefined && lanes.answeredMs > sinceMs;
  }

  /** Another configuration: every waiting call joins a lane of the order that serves its key now. */
  replace(orders: ReadonlySet<OrderId>, orderOf: (call: PendingKeyCall) => OrderId | undefined): void {
    const inLanes = [...this.#byOrder.values()].flatMap(({ all }) => all.flatMap((lane) => lane.takeAll()));
    const waiting = [...this.#unplaced, ...inLanes].filter(({ isSettled }) => !isSettled);
    this.#unplaced.clear();
    this.#ready.clear();
    for (const order of this.#byOrder.keys()) if (!orders.has(order)) this.#byOrder.delete(order);
    for (const call of waiting.toSorted((one, other) => one.number - other.number)) this.add(call, orderOf(call));
  }

  #lanesOf(order: OrderId): OrderLanes {
    const known = this.#byOrder.get(order);
    if (known !== undefined) return known;
    const lanes = new OrderLanes();
    this.#byOrder.set(order, lanes);
    return lanes;
  }
}
