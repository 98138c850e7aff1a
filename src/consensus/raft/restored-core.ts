/** The core of a replica as its disk left it, with the settings that a radiant needs. */
import { LIMITS } from '../../wire/limits.ts';
import type { ConsensusOptions } from '../contract.ts';
import { RaftCore } from './core.ts';
import { RaftLog } from './log.ts';
import { MembershipHistory } from './membership-history.ts';
import type { RaftOptions } from './options.ts';
import type { Restored } from './restore.ts';
import { offeredSnapshot } from './snapshot-offers.ts';
import { Tracker } from './tracker.ts';

export interface RestoredCore {
  readonly core: RaftCore;
  readonly memberships: MembershipHistory;
}

export function restoredCore(options: ConsensusOptions, restored: Restored): RestoredCore {
  const { hardState, base, membership, entries } = restored;
  const start = { base, entries, committed: hardState.commit, applied: base.index };
  const log = new RaftLog(start, Number.POSITIVE_INFINITY);
  const memberships = new MembershipHistory(base.index, membership);
  const flow = { messages: LIMITS.inflightAppends, bytes: LIMITS.inflightAppendBytes };
  const tracker = new Tracker(membership, log.lastIndex + 1, flow);
  const snapshot = () => offeredSnapshot(log, memberships, options.snapshot);
  return { core: new RaftCore({ ...settingsOf(options), snapshot }, hardState, log, tracker), memberships };
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
    stepDownOnRemoval: true,
    forwardProposals: false,
    appendBytes: LIMITS.appendBytes,
    uncommittedBytes: LIMITS.uncommittedBytes,
    // Nobody waits for it, and it would double the messages of every write.
    tellCommitAtOnce: false,
    applyUnflushed: false,
  };
}
