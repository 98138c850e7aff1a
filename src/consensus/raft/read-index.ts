/**
 * ReadIndex: linearizable reads without log entries (Ongaro's dissertation, §6.4). A read gets the commit index of a
 * leader that has committed in its own term. A quorum then confirms the read by answers to a heartbeat sent after the
 * request. The answers prove that no newer leader was elected before.
 *
 * Heartbeats carry the position of the newest waiting read. An answer confirms all reads up to that position, so one
 * round of heartbeats serves any number of reads.
 */
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import * as quorum from './quorum.ts';

export interface ReadRequest {
  /** The replica that requested the read. */
  readonly replica: ReplicaId;
  /** Number of the read, unique at the requesting replica. */
  readonly read: number;
}

export interface ConfirmedRead {
  readonly request: ReadRequest;
  readonly index: number;
}

const CONTEXT_BYTES = 8;
const NO_CONTEXT = new Uint8Array(0);
/** One buffer for the conversion of all contexts, since one allocation per message dominated the cost of a read. */
const SCRATCH = new Uint8Array(CONTEXT_BYTES);
const SCRATCH_VIEW = new DataView(SCRATCH.buffer);

/** Encodes a number as the context of a message. */
export function readContext(value: number): Uint8Array {
  SCRATCH_VIEW.setFloat64(0, value);
  return SCRATCH.slice();
}

/** Encodes the position of a read and the timestamp of a heartbeat in one context. */
export function timestampedContext(position: number, timestamp: number): Uint8Array {
  const context = new Uint8Array(2 * CONTEXT_BYTES);
  context.set(readContext(position));
  context.set(readContext(timestamp), CONTEXT_BYTES);
  return context;
}

/** Returns undefined if the context carries no timestamp. */
export function timestampInContext(context: Uint8Array): number | undefined {
  return context.length === 2 * CONTEXT_BYTES ? numberInContext(context.subarray(CONTEXT_BYTES)) : undefined;
}

/** Returns undefined if the context carries no number. */
export function numberInContext(context: Uint8Array): number | undefined {
  if (context.length !== CONTEXT_BYTES && context.length !== 2 * CONTEXT_BYTES) return undefined;
  SCRATCH.set(context.subarray(0, CONTEXT_BYTES));
  const value = SCRATCH_VIEW.getFloat64(0);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export class ReadIndex implements quorum.AcknowledgedIndexes {
  /** Reads that were requested before the leader committed in its term. */
  postponed: ReadRequest[] = [];
  #unconfirmed: ConfirmedRead[] = [];
  #confirmedCount = 0;
  readonly #acknowledged = new Map<ReplicaId, number>();

  add(request: ReadRequest, index: number): void {
    this.#unconfirmed.push({ request, index });
  }

  /** Returns the context of a heartbeat that confirms every waiting read. The context is empty if no read waits. */
  heartbeatContext(): Uint8Array {
    return this.#unconfirmed.length === 0 ? NO_CONTEXT : readContext(this.newest);
  }

  acknowledgeSelf(self: ReplicaId): void {
    this.acknowledge(self, this.newest);
  }

  acknowledge(replica: ReplicaId, position: number): void {
    // Ignores a position beyond the newest read, which was never sent.
    if (position > this.newest || position <= (this.#acknowledged.get(replica) ?? 0)) return;
    this.#acknowledged.set(replica, position);
  }

  /** Returns the reads that a quorum has confirmed since the last call. */
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

  clear(): void {
    this.postponed = [];
    this.#unconfirmed = [];
    this.#confirmedCount = 0;
    this.#acknowledged.clear();
  }

  /** Position of the newest read. Reads are counted from 1 since the last `clear()`. */
  get newest(): number {
    return this.#confirmedCount + this.#unconfirmed.length;
  }
}
