/** How one replica behaves. Sizes in bytes, times in ticks. */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { RaftSnapshot } from '../../wire/raft/message.ts';
import type { InflightLimits } from './progress.ts';

export interface RaftOptions extends RaftBehaviour {
  readonly replica: ReplicaId;
  readonly heartbeatTicks: number;
  /** The timeout of an election is drawn from here to twice as much minus one. */
  readonly electionTicks: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The newest snapshot that can be sent; undefined: none right now. */
  readonly snapshot: () => RaftSnapshot | undefined;
}

/** Every radiant runs `PRODUCTION`. The transcripts of etcd and the lessons run other combinations. */
interface RaftBehaviour {
  /** A candidate asks whether it can win before it raises the term (§9.6). */
  readonly preVote: boolean;
  /** A leader without a quorum steps down. A replica that hears its leader ignores candidates (§6.2, §4.2.3). */
  readonly checkQuorum: boolean;
  /**
   * With `lease` a leader answers at once while its heartbeats bind a quorum (§6.4.1), and asks the quorum otherwise.
   * This trusts clocks: no tick of a leader may take longer than two ticks of a voter, unless `Lease.onLateTick()`
   * reports it before the next read. A restarted voter waits for an election timeout before it votes.
   */
  readonly reads: 'quorum' | 'lease';
  /** A proposed change of membership is checked against the current membership. */
  readonly checkMembershipChanges: boolean;
  /**
   * Answers to candidates carry the commit index. Without it a restarted voter may not know that the membership by
   * which it asks for votes was replaced, and would ask former members forever.
   */
  readonly sendCommitToCandidates: boolean;
  /** A leader that is no longer a voter steps down when it applies that change. */
  readonly stepDownOnRemoval: boolean;
  /** Entries in one append message. One entry always fits. */
  readonly appendBytes: number;
  /** Append messages under way to one follower, and their payload. */
  readonly inflight: InflightLimits;
  /** Payload of proposals that wait to be applied. One proposal always fits. */
  readonly uncommittedBytes: number;
  /** A new commit index is sent at once. Otherwise the next append or heartbeat carries it. */
  readonly sendCommitAtOnce: boolean;
  /** Entries handed out and not yet applied. One always fits. */
  readonly applyingBytes: number;
  /** Committed entries may be applied before this replica has flushed them. */
  readonly applyUnflushed: boolean;
}

export const PRODUCTION: RaftBehaviour = {
  preVote: true,
  checkQuorum: true,
  reads: 'quorum',
  checkMembershipChanges: true,
  sendCommitToCandidates: true,
  stepDownOnRemoval: true,
  appendBytes: LIMITS.appendBytes,
  inflight: { messages: LIMITS.inflightAppends, bytes: LIMITS.inflightAppendBytes },
  uncommittedBytes: LIMITS.uncommittedBytes,
  // No caller waits for it, and it would double the messages of every write.
  sendCommitAtOnce: false,
  applyingBytes: Number.POSITIVE_INFINITY,
  applyUnflushed: false,
};

export function checkOptions(options: RaftOptions): void {
  assert(options.heartbeatTicks > 0, 'a heartbeat takes at least one tick');
  assert(options.electionTicks > options.heartbeatTicks, 'an election waits longer than a heartbeat');
  assert(options.reads === 'quorum' || options.checkQuorum, 'a lease depends on the check of the quorum');
}
