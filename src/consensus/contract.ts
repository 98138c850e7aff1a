/**
 * What every consensus algorithm offers to a radiant. It is a synchronous state
 * machine without I/O, clock or randomness of its own: calls change its state,
 * `take()` hands out what is to be done. Terms, joint voters and ReadIndex stay
 * inside the algorithm; messages and persisted bytes are opaque to all others.
 */
import type { Position, Role } from '../wire/frame.ts';
import type { LogIndex, ReplicaId } from '../wire/identifiers.ts';

/** What an algorithm promises; the console shows it, tests hold it to it. */
export interface Guarantees {
  readonly linearizable: boolean;
  /** An acknowledged entry outlives the loss of any minority. */
  readonly survivesMinorityLoss: boolean;
}

/** Who takes part in an order. Voters decide; learners only follow. */
export interface Membership {
  readonly voters: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
}

/** What a replica finds on its disk: nothing but what `Persist` wrote, whole. */
export interface DurableState {
  /** The latest `Persist.state`; undefined at the replica's birth. */
  readonly state: Uint8Array | undefined;
  /** All entries from index 1 on, as `Persist.log` wrote them. */
  readonly log: readonly Uint8Array[];
}

export interface ConsensusOptions {
  readonly replica: ReplicaId;
  /** The membership that the order was born with (its creation record). */
  readonly firstMembership: Membership;
  readonly durable: DurableState;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly heartbeatTicks: number;
  readonly electionTicks: number;
}

export interface ConsensusAlgorithm {
  /** As the cluster's configuration names it. */
  readonly name: string;
  readonly guarantees: Guarantees;
  create(options: ConsensusOptions): Consensus;
}

declare const persistBrand: unique symbol;
/** Counts the batches of one `Consensus` object from 1. */
export type PersistNumber = number & { readonly [persistBrand]: 'PersistNumber' };

/** One batch, to be made durable whole or not at all, in the order of the numbers. */
export interface Persist {
  readonly number: PersistNumber;
  /** Replaces the state record. */
  readonly state: Uint8Array | undefined;
  /** Replaces the log from `firstIndex` on: what lies behind the new entries is cut off. */
  readonly log: { readonly firstIndex: LogIndex; readonly entries: readonly Uint8Array[] } | undefined;
}

export interface OutgoingMessage {
  readonly to: ReplicaId;
  readonly message: Uint8Array;
  /** Votes and heartbeats must not wait behind entries. */
  readonly urgent: boolean;
}

/** A decided entry. An algorithm's own entries come with an undefined payload: the position moves on. */
export interface CommittedEntry {
  readonly index: LogIndex;
  readonly payload: Uint8Array | undefined;
}

/** A read may be answered from any state that has applied `index`. */
export interface ReadGrant {
  readonly read: ReadNumber;
  readonly index: LogIndex;
}

declare const readBrand: unique symbol;
/** Counts the reads of one `Consensus` object from 1. */
export type ReadNumber = number & { readonly [readBrand]: 'ReadNumber' };

/** What is to be done now. Messages may leave at once: those that rest on a persist come only after it. */
export interface Work {
  readonly persist: Persist | undefined;
  readonly messages: readonly OutgoingMessage[];
  readonly committed: readonly CommittedEntry[];
  readonly reads: readonly ReadGrant[];
  /** Reads that will never be granted (the leader changed): ask again. */
  readonly abandonedReads: readonly ReadNumber[];
}

export type ProposalOutcome =
  /** It may commit at this index, or be replaced there by another leader's entry. */
  | { readonly kind: 'accepted'; readonly index: LogIndex }
  /** It has no effect and never will. */
  | { readonly kind: 'refused'; readonly reason: 'not-leader' | 'overloaded' };

export type ReadOutcome =
  | { readonly kind: 'accepted'; readonly read: ReadNumber }
  | { readonly kind: 'refused'; readonly reason: 'not-leader' | 'overloaded' };

export type TargetOutcome =
  | { readonly kind: 'reached' }
  | { readonly kind: 'under-way' }
  | { readonly kind: 'refused'; readonly reason: 'not-leader' | 'unsupported' };

export interface ConsensusStatus {
  readonly role: Role;
  /** Undefined: none known. */
  readonly leader: ReplicaId | undefined;
  /** Number of the reign (Raft: the term): for people, and for telling two leaders apart. */
  readonly reign: number;
  readonly committed: LogIndex;
  readonly lastIndex: LogIndex;
  readonly membership: Membership;
}

/** One replica of one order. */
export interface Consensus {
  /** One tick of time, `INTERVALS.tickMs` long. After a gap in time: one, not many. */
  tick(): void;
  /**
   * A message of another replica. One that cannot be read is refused, and changes nothing.
   * @throws {ShardbearerError} `FRAME_MALFORMED`; `STORAGE_LOST` where it shows that this replica has forgotten
   */
  receive(from: ReplicaId, message: Uint8Array): void;
  /** The batch with this number, and all before it, are durable. */
  persisted(number: PersistNumber): void;
  /** Everything up to `index` has been applied. */
  applied(index: LogIndex): void;
  /** Only a leader takes proposals: the log time in an entry is its own. */
  propose(payload: Uint8Array): ProposalOutcome;
  /** Asks for the right to answer a linearizable read. Only a leader takes it. */
  read(): ReadOutcome;
  /** Its replica said goodbye or fell silent: do not wait for it. */
  lost(replica: ReplicaId): void;
  /** Brings the membership to `target`, in the algorithm's own steps. Idempotent. */
  pursue(target: Membership): TargetOutcome;
  /** What is to be done since the last call; undefined: nothing. */
  take(): Work | undefined;
  status(): ConsensusStatus;
  /** How far this replica has flushed, in terms that never go back (design, rule 2). */
  position(): Position;
}

/**
 * Whether a boot that began at `atStart` remembers less than others have seen flushed
 * by an earlier boot of the same replica: then it must never vote again.
 */
export function isBehind(atStart: Position, seen: Position): boolean {
  if (atStart.era < seen.era) return true;
  if (atStart.era === seen.era && atStart.index < seen.index) return true;
  return atStart.index < seen.settled;
}
