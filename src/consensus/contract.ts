/**
 * What every consensus algorithm offers to a radiant. It is a synchronous state
 * machine without I/O, clock or randomness of its own: calls change its state,
 * `take()` hands out what is to be done. Terms, joint voters and ReadIndex stay
 * inside the algorithm; messages and persisted bytes are opaque to all others.
 */
import type { Position, Role } from '../wire/frames/frame.ts';
import type { LogIndex, ReplicaId } from '../wire/identifiers.ts';

/** What an algorithm promises; the console shows it, tests hold it to it. */
interface Guarantees {
  readonly linearizable: boolean;
  /** An acknowledged entry outlives the loss of any minority. */
  readonly survivesMinorityLoss: boolean;
}

/** Who takes part in an order. Voters decide; learners only follow. */
export interface Membership {
  readonly voters: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
}

/**
 * What an algorithm must remember of its log up to `index` (Raft: term and membership), so that the
 * entries can be forgotten once the state there is durable.
 */
export interface CompactionPoint {
  readonly index: LogIndex;
  readonly bytes: Uint8Array;
}

/** What a replica finds on its disk: nothing but what `Persist` wrote, whole, and its checkpoint's compaction point. */
export interface DurableState {
  /** The latest `Persist.state`; undefined at the replica's birth. */
  readonly state: Uint8Array | undefined;
  /** Of the durable checkpoint, or of a snapshot that was installed; undefined: there is none, the log begins at 1. */
  readonly compactionPoint: CompactionPoint | undefined;
  /**
   * Consecutive entries, as `Persist.log` wrote them; `firstIndex` is at most one behind the compaction point's index (1 without a
   * compaction point). Those at or below the compaction point are of no use any more.
   */
  readonly log: { readonly firstIndex: LogIndex; readonly entries: readonly Uint8Array[] };
}

/** A state that a leader has at hand for followers whose entries it has forgotten. */
export interface SnapshotOffer {
  /** Everything up to here is applied in it, and nothing beyond. */
  readonly index: LogIndex;
  /** Opaque to consensus: what a follower needs to get it and to check it. */
  readonly description: Uint8Array;
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
  /**
   * Asked while this replica leads and a follower needs it, again and again until there is one. The same offer
   * is given again while it is of use: not below `atLeast`, since the entries up to there are forgotten.
   */
  readonly snapshot: (atLeast: LogIndex) => SnapshotOffer | undefined;
}

export interface ConsensusAlgorithm {
  /** As the cluster's configuration names it. */
  readonly name: string;
  readonly guarantees: Guarantees;
  /** Whether `reconcile` can bring a membership to any target. */
  readonly changesMembership: boolean;
  create(options: ConsensusOptions): Consensus;
}

declare const persistBrand: unique symbol;
/** Counts the batches of one `Consensus` object from 1. */
export type PersistNumber = number & { readonly [persistBrand]: 'PersistNumber' };
export const asPersistNumber = (value: number): PersistNumber => value as PersistNumber;

/** One batch, to be made durable whole or not at all, in the order of the numbers. */
export interface Persist {
  readonly number: PersistNumber;
  /** Replaces the state record. */
  readonly state: Uint8Array | undefined;
  /**
   * Replaces the applied state and the WHOLE log, in the same batch as `state`, which is then there too. When it is
   * durable, and before `persisted(number)`, the new state is in place: what is committed next follows it. One at a
   * time: the next one comes after that.
   */
  readonly snapshot: SnapshotInstall | undefined;
  /**
   * Replaces the log from `firstIndex` on: what lies behind the new entries is cut off. Together with a snapshot
   * these are all the entries that are left: the first one follows the snapshot.
   */
  readonly log: { readonly firstIndex: LogIndex; readonly entries: readonly Uint8Array[] } | undefined;
}

/** A snapshot that `fetched()` reported, and that is to become this replica's state. */
export interface SnapshotInstall {
  readonly compactionPoint: CompactionPoint;
}

/** A snapshot that this replica needs: its chunks are to be got from `from`. */
export interface SnapshotFetch {
  readonly from: ReplicaId;
  readonly index: LogIndex;
  /** As the leader's `SnapshotOffer` has it. */
  readonly description: Uint8Array;
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
export const asReadNumber = (value: number): ReadNumber => value as ReadNumber;

/** What is to be done now. Messages may leave at once: those that rest on a persist come only after it. */
export interface Work {
  readonly persist: Persist | undefined;
  readonly messages: readonly OutgoingMessage[];
  readonly committed: readonly CommittedEntry[];
  readonly reads: readonly ReadGrant[];
  /** Reads that will never be granted (the leader changed): ask again. */
  readonly abandonedReads: readonly ReadNumber[];
  /**
   * Replaces any fetch before it. The same one comes again while the leader knows of no progress: then what is here
   * already stays, and the fetch goes on. No fetch is wanted any more once `status().committed` has reached its index.
   */
  readonly fetch: SnapshotFetch | undefined;
}

export type ProposalOutcome =
  /** It may commit at this index, or be replaced there by another leader's entry. */
  | { readonly kind: 'accepted'; readonly index: LogIndex }
  /** It has no effect and never will. */
  | { readonly kind: 'rejected'; readonly reason: 'not-leader' | 'overloaded' };

export type ReadOutcome =
  | { readonly kind: 'accepted'; readonly read: ReadNumber }
  | { readonly kind: 'rejected'; readonly reason: 'not-leader' | 'overloaded' };

export type TargetOutcome =
  /** For good: whoever takes no part any more is needed by nobody, even if all the others crash now. */
  | { readonly kind: 'reached' }
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'rejected'; readonly reason: 'not-leader' | 'unsupported' };

export type TransferOutcome =
  /** This replica leads, and was asked to hand over to itself. */
  | { readonly kind: 'reached' }
  /** Until it is done, or an election time-out has passed, proposals are refused. */
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'rejected'; readonly reason: 'not-leader' | 'not-voter' | 'unsupported' };

export interface ConsensusStatus {
  readonly role: Role;
  /** Undefined: none known. */
  readonly leader: ReplicaId | undefined;
  /** Number of the term (Raft: the term): for people, and for telling two leaders apart. */
  readonly term: number;
  readonly committed: LogIndex;
  readonly lastIndex: LogIndex;
  readonly membership: Membership;
  /** Voters of before, while the membership changes: a majority of them has to agree as well. Else nobody. */
  readonly outgoingVoters: readonly ReplicaId[];
}

/** One replica of one order. */
export interface Consensus {
  /** One tick of time, `INTERVALS.tickMs` long. After a gap in time: one, not many. */
  tick(): void;
  /**
   * The next tick comes late, by how much nobody knows: at least as long after the last one as two take. Told before
   * anything else is asked: whatever rests on clocks is void (design, rule 15).
   */
  onLateTick(): void;
  /**
   * The radiant stood still for at least `INTERVALS.clockGapMs` (design, rule 9). A replica that answered before the gap
   * is not counted as alive until it answers again.
   */
  onClockGap(): void;
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
  /**
   * Up to where a replica has flushed this leader's log, by its own word in this term; never more than that.
   * Undefined: this replica does not lead, that one takes no part, or nobody answers for flushes in this algorithm.
   */
  matchIndex(replica: ReplicaId): LogIndex | undefined;
  /** Its replica said goodbye or fell silent: do not wait for it. */
  reportUnreachable(replica: ReplicaId): void;
  /**
   * Brings the membership to `target`, in the algorithm's own steps, as long as it is called again and again: whoever
   * is to vote has caught up before, and a leader that will not vote any more hands its office over. Idempotent.
   */
  reconcile(target: Membership): TargetOutcome;
  /** Hands leadership over to a voter, as far as it is there to take it; given up after an election time-out. */
  transfer(to: ReplicaId): TransferOutcome;
  /** True: from now on this replica does not stand for election. One that leads goes on leading. */
  abstain(abstains: boolean): void;
  /** For everything applied by now, to be kept with that state; undefined: this algorithm keeps its whole log. */
  compactionPoint(): CompactionPoint | undefined;
  /**
   * The state up to here is durable, with its compaction point: forget entries. Returns up to where they are forgotten now, never
   * beyond `through`: some are kept for followers that are a little behind. Only those may go from the disk.
   */
  compact(through: LogIndex): LogIndex;
  /**
   * Whether this leader brings a replica up by the snapshot at `offered`: it has not taken that yet, or lacks entries
   * behind it up to `through`. Without both at hand it would have to begin with another one.
   */
  hasCatchingUpFollower(offered: LogIndex, through: LogIndex): boolean;
  /** The snapshot that `Work.fetch` asked for is here, whole and checked. Ignored where it is not wanted any more. */
  snapshotFetched(index: LogIndex): void;
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
  if (atStart.voteEpoch < seen.voteEpoch) return true;
  if (atStart.voteEpoch === seen.voteEpoch && atStart.index < seen.index) return true;
  return atStart.index < seen.committedIndex;
}
