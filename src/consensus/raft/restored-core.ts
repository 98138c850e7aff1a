/** The core of a replica as its disk left it, with the settings that a radiant needs. */
import { LIMITS } from '../../wire/limits.ts';
import type { ConsensusOptions } from '../contract.ts';
import { RaftCore } from './core.ts';
import { MembershipHistory } from './membership-history.ts';
import type { RaftOptions } from './options.ts';
import { offeredSnapshot } from './snapshot-offers.ts';
import type { RaftStart } from './start.ts';

export interface RestoredCore {
  readonly core: RaftCore;
  readonly memberships: MembershipHistory;
}

export function restoredCore(options: ConsensusOptions, start: RaftStart): RestoredCore {
  const memberships = new MembershipHistory(start.applied, start.membership);
  const { snapshot: ask } = options;
  const snapshot = () => offeredSnapshot(core.log, memberships, ask);
  const core: RaftCore = new RaftCore({ ...settingsOf(options), snapshot }, start);
  return { core, memberships };
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
    // A snapshot that is at hand anyway need not be newer than the youngest member.
    refuseForeignSnapshots: false,
    tellCommitToCandidates: true,
    stepDownOnRemoval: true,
    forwardProposals: false,
    appendBytes: LIMITS.appendBytes,
    inflight: { messages: LIMITS.inflightAppends, bytes: LIMITS.inflightAppendBytes },
    uncommittedBytes: LIMITS.uncommittedBytes,
    // Nobody waits for it, and it would double the messages of every write.
    tellCommitAtOnce: false,
    applyingBytes: Number.POSITIVE_INFINITY,
    applyUnflushed: false,
  };
}
