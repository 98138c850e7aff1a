/** A replica as its disk left it, with the settings that a radiant needs. */
import { LIMITS } from '../../wire/limits.ts';
import type { ConsensusOptions } from '../contract.ts';
import { MembershipHistory } from './membership-history.ts';
import type { RaftOptions } from './options.ts';
import { Replica } from './replica.ts';
import { offeredSnapshot } from './snapshot-offers.ts';
import type { RaftStart } from './start.ts';

export interface RestoredReplica {
  readonly replica: Replica;
  readonly memberships: MembershipHistory;
}

export function restoredReplica(options: ConsensusOptions, start: RaftStart): RestoredReplica {
  const memberships = new MembershipHistory(start.applied, start.membership);
  const { snapshot: ask } = options;
  const snapshot = () => offeredSnapshot(replica.log, memberships, ask);
  const replica: Replica = new Replica({ ...settingsOf(options), snapshot }, start);
  return { replica, memberships };
}

function settingsOf(options: ConsensusOptions): Omit<RaftOptions, 'snapshot'> {
  return {
    replica: options.replica,
    heartbeatTicks: options.heartbeatTicks,
    electionTicks: options.electionTicks,
    random: options.random,
    preVote: true,
    checkQuorum: true,
    reads: 'quorum',
    checkMembershipChanges: true,
    tellCommitToCandidates: true,
    stepDownOnRemoval: true,
    appendBytes: LIMITS.appendBytes,
    inflight: { messages: LIMITS.inflightAppends, bytes: LIMITS.inflightAppendBytes },
    uncommittedBytes: LIMITS.uncommittedBytes,
    // Nobody waits for it, and it would double the messages of every write.
    tellCommitAtOnce: false,
    applyingBytes: Number.POSITIVE_INFINITY,
    applyUnflushed: false,
  };
}
