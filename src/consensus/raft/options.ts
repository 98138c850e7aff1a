/** How one replica behaves. Sizes in bytes, times in ticks. */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftSnapshot } from '../../wire/raft/message.ts';
import type { InflightLimits } from './progress.ts';

export interface RaftOptions {
  readonly replica: ReplicaId;
  readonly heartbeatTicks: number;
  /** The real time-out is drawn from here to twice as much minus one. */
  readonly electionTicks: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Ask whether an election can be won before disturbing anyone with a new term (§9.6). */
  readonly preVote: boolean;
  /** A leader that hears of no quorum steps down; who hears of a leader ignores candidates (§6.2, §4.2.3). */
  readonly checkQuorum: boolean;
  /**
   * `lease` trusts clocks: a leader answers at once while a quorum is bound by its heartbeats (§6.4.1), else it asks
   * the quorum. A read is never stale as long as none of a leader's ticks takes longer than two of any voter's, and
   * `onLateTick()` tells of every one that did before the next read is asked. Whoever has just started waits for an
   * election time-out before it votes, since it may have been bound before.
   */
  readonly reads: 'quorum' | 'lease';
  /** Whether a change of membership is checked against the present one when it is proposed. */
  readonly checkMembershipChanges: boolean;
  /**
   * Whether answers to candidates tell what is committed. Where a commit index is not flushed at once a restarted voter
   * may not know that the membership by which it asks for votes is replaced, and those whom it asks may be none any
   * more: without being told it would ask for ever.
   */
  readonly sendCommitToCandidates: boolean;
  /** A leader that is no voter any more steps down when it learns of it. */
  readonly stepDownOnRemoval: boolean;
  /** The newest snapshot that can be sent; undefined: none right now. */
  readonly snapshot: () => RaftSnapshot | undefined;
  /** Entries in one append message; one entry always fits. */
  readonly appendBytes: number;
  /** Append messages under way to one follower, and their payload. */
  readonly inflight: InflightLimits;
  /** Payload of proposals that wait to be applied; one proposal always fits. */
  readonly uncommittedBytes: number;
  /** Whether followers are told at once of a commit that no entries go with; else the next append or heartbeat tells. */
  readonly sendCommitAtOnce: boolean;
  /** Entries that are handed out to be applied, until they are; one always fits. */
  readonly applyingBytes: number;
  /** Whether committed entries may be applied before this replica has flushed them. */
  readonly applyUnflushed: boolean;
}

/** Stops a replica that could not work before it harms anyone. */
export function checkOptions(options: RaftOptions): void {
  assert(options.heartbeatTicks > 0, 'a heartbeat takes at least one tick');
  assert(options.electionTicks > options.heartbeatTicks, 'an election waits longer than a heartbeat');
  assert(options.reads === 'quorum' || options.checkQuorum, 'a lease rests on the check of the quorum');
}
