/** The options of one replica. Sizes are in bytes, times in ticks. */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { RaftSnapshot } from '../../wire/raft/message.ts';
import type { InflightLimits } from './tracker.ts';

export interface RaftOptions extends RaftBehaviour {
  readonly replica: ReplicaId;
  readonly heartbeatTicks: number;
  /** Shortest election timeout. The timeout is random, up to twice this value minus one. */
  readonly electionTicks: number;
  /** Returns a number in [0, 1), uniformly distributed. */
  readonly random: () => number;
  /** Returns the newest snapshot that can be sent. Undefined if no snapshot is available now. */
  readonly snapshot: () => RaftSnapshot | undefined;
}

/**
 * Variants of the algorithm. Every radiant runs `PRODUCTION`. Tests of leases and of the transcripts of etcd run other
 * combinations.
 */
interface RaftBehaviour {
  /** Whether a candidate asks if it can win before it raises the term (§9.6). */
  readonly preVote: boolean;
  /**
   * Whether a leader without a quorum steps down. A replica that hears from its leader then also ignores candidates
   * (§6.2, §4.2.3).
   */
  readonly checkQuorum: boolean;
  /**
   * The way in which a leader confirms reads. With `lease`, a leader answers at once while its heartbeats bind a quorum
   * (§6.4.1), and asks the quorum otherwise. A lease relies on clocks. No tick of a leader may take longer than two
   * ticks of a voter, unless `Lease.onLateTick()` reports it before the next read. A restarted voter waits for an
   * election timeout before it votes.
   */
  readonly reads: 'quorum' | 'lease';
  /** Whether a proposed change of membership is checked against the current membership. */
  readonly checkMembershipChanges: boolean;
  /**
   * Whether answers to candidates carry the commit index. Without that index, a restarted voter may not learn that its
   * membership was replaced. The voter would then ask former members for votes forever.
   */
  readonly sendCommitToCandidates: boolean;
  /** Whether a leader steps down when it applies a change that takes its vote away. */
  readonly stepDownOnRemoval: boolean;
  /** Most bytes of entries in one append message. One entry is always sent, even if it is larger. */
  readonly appendBytes: number;
  /** Most append messages in flight to one follower, and most bytes of their payload. */
  readonly inflight: InflightLimits;
  /** Most payload bytes of proposals that wait to be applied. One proposal is always accepted, even if it is larger. */
  readonly uncommittedBytes: number;
  /** Whether a leader sends a new commit index at once. Otherwise the next append or heartbeat carries the index. */
  readonly sendCommitAtOnce: boolean;
  /**
   * Most bytes of entries that were handed out and not yet applied. One entry is always handed out, even if it is
   * larger.
   */
  readonly applyingBytes: number;
  /** Whether committed entries may be applied before this replica has flushed them. */
  readonly applyUnflushed: boolean;
}

export const PRODUCTION: RaftBehaviour = {
  preVote: true,
  checkQuorum: true,
  reads: 'quorum',
  checkMembershipChanges: true,
  sendCommitToCandidates: true,
  stepDownOnRemoval: true,
  appendBytes: LIMITS.raft.appendBytes,
  inflight: { messages: LIMITS.raft.inflightAppends, bytes: LIMITS.raft.inflightAppendBytes },
  uncommittedBytes: LIMITS.raft.uncommittedBytes,
  // No caller waits until a follower knows the commit index. Sending the index at once would double the messages of
  // every write.
  sendCommitAtOnce: false,
  applyingBytes: Number.POSITIVE_INFINITY,
  applyUnflushed: false,
};

export function checkOptions(options: RaftOptions): void {
  assert(options.heartbeatTicks > 0, 'a heartbeat takes at least one tick');
  assert(options.electionTicks > options.heartbeatTicks, 'an election waits longer than a heartbeat');
  assert(options.reads === 'quorum' || options.checkQuorum, 'a lease depends on the check of the quorum');
}
