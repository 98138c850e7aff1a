/**
 * Linearizable reads without log entries (Ongaro's dissertation, §6.4). A read gets the
 * commit index of a leader that has committed in its own term, once a quorum has answered
 * a heartbeat sent after the read was asked: so no newer leader had been elected before it.
 *
 * Heartbeats carry the position of the newest waiting read. An answer confirms that read
 * and all before it, so one round of heartbeats serves any number of reads.
 */
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import * as quorum from './quorum.ts';

export interface ReadRequest {
  /** Who asked. */
  readonly replica: ReplicaId;
  /** Its own number for the read. */
  readonly read: number;
}

export interface ConfirmedRead {
  readonly request: ReadRequest;
  readonly index: number;
}

const CONTEXT_BYTES = 8;
const NO_CONTEXT = new Uint8Array(0);
/** Where numbers become bytes and bytes numbers: a view made for each would cost more than all else about it. */
const SCRATCH = new Uint8Array(CONTEXT_BYTES);
const SCRATCH_VIEW = new DataView(SCRATCH.buffer);

/** How a number travels in a message's context. */
export function readContext(value: number): Uint8Array {
  SCRATCH_VIEW.setFloat64(0, value);
  return SCRATCH.slice();
}

/** How the position of a read and the date of a heartbeat travel together. */
export function timestampedContext(position: number, date: number): Uint8Array {
  const context = new Uint8Array(2 * CONTEXT_BYTES);
  context.set(readContext(position));
  context.set(readContext(date), CONTEXT_BYTES);
  return context;
}

/** Undefined for a context that carries no date. */
export function timestampInContext(context: Uint8Array): number | undefined {
  return context.length === 2 * CONTEXT_BYTES ? numberInContext(context.subarray(CONTEXT_BYTES)) : undefined;
}

/** Undefined for a context that carries no number. */
export function numberInContext(context: Uint8Array): number | undefined {
  if (context.length !== CONTEXT_BYTES && context.length !== 2 * CONTEXT_BYTES) return undefined;
  SCRATCH.set(context.subarray(0, CONTEXT_BYTES));
  const value = SCRATCH_VIEW.getFloat64(0);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export class ReadIndex implements quorum.AcknowledgedIndexes {
  /** Asked before the leader committed in its term. */
  #postponed: ReadRequest[] = [];
  #unconfirmed: ConfirmedRead[] = [];
  #confirmedCount = 0;
  readonly #acknowledged = new Map<ReplicaId, number>();

  postpone(request: ReadRequest): void {
    this.#postponed.push(request);
  }

  takePostponed(): readonly ReadRequest[] {
    if (this.#postponed.length === 0) return this.#postponed;
    const postponed = this.#postponed;
    this.#postponed = [];
    return postponed;
  }

  add(request: ReadRequest, index: number): void {
    this.#unconfirmed.push({ request, index });
  }

  /** What heartbeats carry to confirm every waiting read; empty: none waits. */
  heartbeatContext(): Uint8Array {
    return this.#unconfirmed.length === 0 ? NO_CONTEXT : readContext(this.newest);
  }

  /** The leader confirms itself. */
  acknowledgeSelf(self: ReplicaId): void {
    this.acknowledge(self, this.newest);
  }

  acknowledge(replica: ReplicaId, position: number): void {
    // More than was ever asked cannot be acknowledged: such an answer belongs to nothing here.
    if (position > this.newest || position <= (this.#acknowledged.get(replica) ?? 0)) return;
    this.#acknowledged.set(replica, position);
  }

  /** The reads that a quorum has confirmed since the last call. */
  takeConfirmed(membership: RaftMembership): readonly ConfirmedRead[] {
    const confirmed = Math.min(quorum.committedIndex(membership, this), this.newest);
    if (confirmed <= this.#confirmedCount) return [];
    const reads = this.#unconfirmed.splice(0, confirmed - this.#confirmedCount);
    this.#confirmedCount = confirmed;
    return reads;
  }

  acknowledgedIndex(voter: ReplicaId): number | undefined {
    return this.#acknowledged.get(voter);
  }

  /** Forgets everything: the replica leads no more, or anew. */
  clear(): void {
    this.#postponed = [];
    this.#unconfirmed = [];
    this.#confirmedCount = 0;
    this.#acknowledged.clear();
  }

  /** Position of the newest read that was ever asked here. */
  get newest(): number {
    return this.#confirmedCount + this.#unconfirmed.length;
  }
}
