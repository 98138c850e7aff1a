/**
 * The contract that every consensus algorithm fulfils. An algorithm is a synchronous state machine without I/O, clock
 * or randomness. Calls change its state, and `take()` returns the resulting work. Messages and persisted bytes are
 * opaque to all other modules.
 */
import type { Position, Role } from '../wire/frames/frame.ts';
import type { LogIndex, ReplicaId } from '../wire/identifiers.ts';

interface Guarantees {
  readonly linearizable: boolean;
  /** Whether an acknowledged entry survives the loss of any minority of the voters. */
  readonly survivesMinorityLoss: boolean;
}

export interface Membership {
  readonly voters: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
}

/**
 * The data that replaces the compacted entries up to `index`. Raft stores the term of the last of these entries, and
 * the membership.
 */
export interface CompactionPoint {
  readonly index: LogIndex;
  readonly bytes: Uint8Array;
}

/**
 * The content of a replica's disk. It consists of whole `Persist` batches, and the compaction point of the checkpoint.
 */
export interface DurableState {
  /** The latest `Persist.state`. Undefined before the first one. */
  readonly state: Uint8Array | undefined;
  /**
   * The compaction point of the durable checkpoint or the installed snapshot. Undefined if the log begins at index 1.
   */
  readonly compactionPoint: CompactionPoint | undefined;
  /**
   * Consecutive entries, as `Persist.log` wrote them. `firstIndex` is at most one after the compaction point, or 1
   * without one. Entries up to the compaction point are ignored.
   */
  readonly log: { readonly firstIndex: LogIndex; readonly entries: readonly Uint8Array[] };
}

/** A state that a leader offers to a follower, because the leader has compacted entries that the follower lacks. */
export interface SnapshotOffer {
  /** Index of the last entry that this state has applied. */
  readonly index: LogIndex;
  /** The data by which a follower fetches and checks the state. Opaque to consensus. */
  readonly description: Uint8Array;
}

export interface ConsensusOptions {
  readonly replica: ReplicaId;
  /** The membership of the order's creation record. */
  readonly firstMembership: Membership;
  readonly durable: DurableState;
  /** Returns a number in [0, 1), uniformly distributed. */
  readonly random: () => number;
  readonly heartbeatTicks: number;
  readonly electionTicks: number;
  /**
   * Returns the snapshot to offer, with an index of at least `atLeast`. Called repeatedly while a follower needs a
   * snapshot, until a snapshot exists. Returns the same offer while followers may still be fetching that snapshot.
   */
  readonly snapshot: (atLeast: LogIndex) => SnapshotOffer | undefined;
}

export interface ConsensusAlgorithm {
  /** The name by which the configuration selects this algorithm. */
  readonly name: string;
  readonly guarantees: Guarantees;
  /** Whether `reconcile` can bring a membership to any target. */
  readonly changesMembership: boolean;
  create(options: ConsensusOptions): Consensus;
}

declare const persistBrand: unique symbol;
/** Number of a batch. The batches of one `Consensus` object count from 1. */
export type PersistNumber = number & { readonly [persistBrand]: 'PersistNumber' };
export const asPersistNumber = (value: number): PersistNumber => value as PersistNumber;

/**
 * One batch of durable data. A batch becomes durable as a whole or not at all. Batches become durable in the order of
 * their numbers.
 */
export interface Persist {
  readonly number: PersistNumber;
  /** The new state record. Undefined if it stays the same. */
  readonly state: Uint8Array | undefined;
  /**
   * A snapshot that replaces the applied state and the whole log. It becomes durable in the same transaction as
   * `state`. The caller replaces the applied state before it calls `persisted(number)`, and then applies later
   * committed entries. Only one snapshot is in progress at a time.
   */
  readonly snapshot: SnapshotInstall | undefined;
  /** Entries that replace the log from `firstIndex` on. In a batch with a snapshot, they follow the snapshot. */
  readonly log: { readonly firstIndex: LogIndex; readonly entries: readonly Uint8Array[] } | undefined;
}

/** A fetched snapshot that becomes this replica's state. */
export interface SnapshotInstall {
  readonly compactionPoint: CompactionPoint;
}

/** A snapshot that this replica has to fetch from the replica `from`. */
export interface SnapshotFetch {
  readonly from: ReplicaId;
  readonly index: LogIndex;
  /** The description in the leader's `SnapshotOffer`. */
  readonly description: Uint8Array;
}

export interface OutgoingMessage {
  readonly to: ReplicaId;
  readonly message: Uint8Array;
  /** Whether the message may overtake messages that carry entries. */
  readonly urgent: boolean;
}

/** A committed entry. The payload is undefined if the algorithm itself made the entry, as at the start of a term. */
export interface CommittedEntry {
  readonly index: LogIndex;
  readonly payload: Uint8Array | undefined;
}

/** The permission to answer a read from any state that has applied `index`. */
export interface ReadGrant {
  readonly read: ReadNumber;
  readonly index: LogIndex;
}

declare const readBrand: unique symbol;
/** Number of a read. The reads of one `Consensus` object count from 1. */
export type ReadNumber = number & { readonly [readBrand]: 'ReadNumber' };
export const asReadNumber = (value: number): ReadNumber => value as ReadNumber;

/**
 * The work that the caller performs. The `messages` are sent at once. A message that depends on a batch is returned
 * only after `persisted()` of that batch.
 */
export interface Work {
  readonly persist: Persist | undefined;
  readonly messages: readonly OutgoingMessage[];
  readonly committed: readonly CommittedEntry[];
  readonly reads: readonly ReadGrant[];
  /** Reads that will not be granted, because the leader changed. The caller asks again. */
  readonly abandonedReads: readonly ReadNumber[];
  /**
   * The snapshot to fetch, instead of any earlier one. The same fetch may be returned again, and chunks already fetched
   * stay valid. A fetch is obsolete once `status().committed` reaches its index.
   */
  readonly fetch: SnapshotFetch | undefined;
}

export type ProposalOutcome =
  /** The entry commits at this index, or another leader's entry replaces it there. */
  | { readonly kind: 'accepted'; readonly index: LogIndex }
  /** The proposal has no effect, now or later. */
  | { readonly kind: 'rejected'; readonly reason: 'not-leader' | 'overloaded' };

export type ReadOutcome =
  | { readonly kind: 'accepted'; readonly read: ReadNumber }
  | { readonly kind: 'rejected'; readonly reason: 'not-leader' | 'overloaded' };

export type TargetOutcome =
  /** The membership equals the target. Former members are no longer needed, even if all members crash now. */
  | { readonly kind: 'reached' }
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'rejected'; readonly reason: 'not-leader' | 'unsupported' };

export type TransferOutcome =
  /** The replica `to` already leads. */
  | { readonly kind: 'reached' }
  /** Proposals are rejected until the transfer ends or an election timeout passes. */
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'rejected'; readonly reason: 'not-leader' | 'not-voter' | 'unsupported' };

export interface ConsensusStatus {
  readonly role: Role;
  readonly leader: ReplicaId | undefined;
  readonly term: number;
  readonly committed: LogIndex;
  readonly lastIndex: LogIndex;
  readonly membership: Membership;
  /** The former voters while the membership is joint. Their majority has to agree as well. Empty otherwise. */
  readonly outgoingVoters: readonly ReplicaId[];
}

export interface Consensus {
  /** Advances time by one tick. A clock gap counts as one tick. */
  tick(): void;
  /**
   * Announces that the next tick is late by an unknown time, at least one tick. Called before any other call. Leases
   * end, because they depend on clocks (design, rule 15).
   */
  onLateTick(): void;
  /**
   * Announces a clock gap. A replica that answered before the gap counts as alive only once it answers again (design,
   * rule 9).
   */
  onClockGap(): void;
  /**
   * Takes a message. A malformed message changes nothing.
   * @throws {ShardbearerError} `FRAME_MALFORMED`; `STORAGE_LOST` if the message proves that this replica lost data
   */
  receive(from: ReplicaId, message: Uint8Array): void;
  /** Announces that all batches up to this number are durable. */
  persisted(number: PersistNumber): void;
  applied(index: LogIndex): void;
  /** Proposes an entry. Only a leader accepts proposals, since an entry carries the leader's log time. */
  propose(payload: Uint8Array): ProposalOutcome;
  /** Asks for the permission to answer a linearizable read. Only a leader grants it. */
  read(): ReadOutcome;
  /**
   * The highest index that the replica is known to have flushed in this leader's term. Undefined if the caller does not
   * lead, the replica is not a member, or the algorithm does not track flushes.
   */
  matchIndex(replica: ReplicaId): LogIndex | undefined;
  /** Announces that the replica said goodbye or fell silent. */
  reportUnreachable(replica: ReplicaId): void;
  /**
   * Performs one step towards `target`. Idempotent. Call this until it returns `reached`. New voters catch up first,
   * and a leader that will not be a voter transfers leadership.
   */
  reconcile(target: Membership): TargetOutcome;
  /** Transfers leadership to a voter. Gives up after an election timeout. */
  transfer(to: ReplicaId): TransferOutcome;
  /** Sets whether the replica abstains. A replica that abstains does not campaign. A leader continues to lead. */
  abstain(abstains: boolean): void;
  /**
   * The compaction point of the applied state. The caller stores it together with that state. Undefined if the
   * algorithm keeps its whole log.
   */
  compactionPoint(): CompactionPoint | undefined;
  /**
   * Compacts the log. The state up to `through` and its compaction point must be durable. Some entries stay for
   * followers that lag a little.
   * @returns the index up to which entries were compacted and may be deleted from the disk
   */
  compact(through: LogIndex): LogIndex;
  /**
   * Whether a follower still needs the snapshot at `offered`. Such a follower fetches the snapshot, or has installed it
   * and lacks entries up to `through`. Without the snapshot and these entries, the follower would need another
   * snapshot.
   */
  hasCatchingUpFollower(offered: LogIndex, through: LogIndex): boolean;
  /** Announces that the snapshot in `Work.fetch` is complete and checked. Ignored if the snapshot is obsolete. */
  snapshotFetched(index: LogIndex): void;
  /** Returns the work since the last call. Undefined if no work exists. */
  take(): Work | undefined;
  status(): ConsensusStatus;
  /** The position up to which this replica has flushed, in numbers that never decrease (design, rule 2). */
  position(): Position;
}

/**
 * Whether a replica has lost data, because it restarted at the position `atStart` and peers saw it flush up to `seen`.
 * A replica that lost data must never vote again.
 */
export function isBehind(atStart: Position, seen: Position): boolean {
  if (atStart.voteEpoch < seen.voteEpoch) return true;
  if (atStart.voteEpoch === seen.voteEpoch && atStart.index < seen.index) return true;
  return atStart.index < seen.committedIndex;
}
