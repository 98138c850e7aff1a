/** Planted mistakes in Raft, each with the transcripts that reveal it. */
import type { Replacement } from '../sim/planted/planted-bug.ts';

export interface PlantedBug {
  readonly name: string;
  readonly replacement: Replacement;
  /** Names of transcripts whose output changes. Other transcripts may change as well. */
  readonly shownBy: readonly string[];
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a leader commits an entry of an older term by counting replicas',
    replacement: {
      file: 'consensus/raft/replication.ts',
      find: 'if (index <= replica.log.committed || replica.log.termAt(index) !== replica.term) return false;',
      replace: 'if (index <= replica.log.committed) return false;',
    },
    shownBy: ['figure-8-overwritten.txt'],
  },
  {
    name: 'a candidate is elected with an outdated log',
    replacement: {
      file: 'consensus/raft/election.ts',
      find: 'if (!mayVote || !replica.log.isUpToDate({ index: message.index, term: message.logTerm })) {',
      replace: 'if (!mayVote) {',
    },
    shownBy: [
      'figure-7.txt',
      'figure-8-committed.txt',
      'disruptive-server-pre-vote.txt',
      'joint-change-crash-after.txt',
    ],
  },
  {
    name: 'a longer log counts for more than a later term',
    replacement: {
      file: 'consensus/raft/log.ts',
      find: 'return last.term > own.term || (last.term === own.term && last.index >= own.index);',
      replace: 'return last.index > own.index || (last.index === own.index && last.term >= own.term);',
    },
    shownBy: ['figure-7.txt'],
  },
  {
    name: 'a node votes for every candidate',
    replacement: {
      file: 'consensus/raft/election.ts',
      find: '    replica.vote === message.from ||\n',
      replace: '    replica.vote !== undefined ||\n',
    },
    shownBy: ['dueling-candidates.txt', 'figure-8-overwritten.txt'],
  },
  {
    name: 'entries that contradict the leader are kept',
    replacement: {
      file: 'consensus/raft/log.ts',
      find: 'const news = entries.findIndex((entry) => !this.holds(entry));',
      replace: 'const news = entries.findIndex((entry) => entry.index > this.last.index);',
    },
    shownBy: ['figure-7.txt', 'figure-8-overwritten.txt'],
  },
  {
    name: 'only the new voters elect while the membership is joint',
    replacement: {
      file: 'consensus/raft/quorum.ts',
      find: '  return incoming === outgoing ? incoming : ',
      replace: '  if (incoming === "won") return "won";\n  return incoming === outgoing ? incoming : ',
    },
    shownBy: ['joint-change-crash-before.txt'],
  },
  {
    name: 'only the new voters commit while the membership is joint',
    replacement: {
      file: 'consensus/raft/quorum.ts',
      find: 'return Math.min(incoming, majorityCommittedIndex(joint.outgoingVoters, source));',
      replace: 'return incoming;',
    },
    shownBy: ['joint-change-crash-after.txt'],
  },
  {
    name: 'the joint membership is never left',
    replacement: {
      file: 'consensus/raft/reconfiguration.ts',
      find: '  propose(replica, LEAVE_JOINT);',
      replace: '',
    },
    shownBy: ['joint-change-crash-before.txt', 'joint-change-crash-after.txt', 'membership-up-and-down.txt'],
  },
  {
    name: 'a learner counts as a voter',
    replacement: {
      file: 'consensus/raft/membership-change.ts',
      find: '    else this.#learners.add(replica);',
      replace: '    else this.#voters.add(replica);',
    },
    shownBy: ['membership-up-and-down.txt', 'joint-change-crash-before.txt'],
  },
  {
    name: 'a read is answered without asking a majority',
    replacement: {
      file: 'consensus/raft/reads.ts',
      find: '  replica.reads.add(request, replica.log.committed);\n  confirm(replica);',
      replace: '  grant(replica, { request, index: replica.log.committed });',
    },
    shownBy: ['stale-read.txt'],
  },
  {
    name: 'a new leader answers reads before it has committed in its term',
    replacement: {
      file: 'consensus/raft/reads.ts',
      find: '  if (!replica.committedInTerm) {\n    replica.reads.postponed.push(request);',
      replace: '  if (replica.log.committed === 0) {\n    replica.reads.postponed.push(request);',
    },
    shownBy: ['stale-read.txt'],
  },
  {
    name: 'a deposed leader keeps its reads waiting',
    replacement: {
      file: 'consensus/raft/replica.ts',
      find: '    for (const read of this.#openReads) this.abandonedReads.push(read);\n',
      replace: '',
    },
    shownBy: ['stale-read.txt'],
  },
  {
    name: 'a pre-vote enters the term that it asks about',
    replacement: {
      file: 'consensus/raft/step.ts',
      find: "  if (message.type === 'pre-vote') return true;\n",
      replace: '',
    },
    shownBy: ['disruptive-server-pre-vote.txt'],
  },
  {
    name: 'a follower that hears its leader listens to candidates',
    replacement: {
      file: 'consensus/raft/election.ts',
      find: 'return !isTransfer && hearsLeader(replica);',
      replace: 'return false;',
    },
    shownBy: ['disruptive-server-check-quorum.txt'],
  },
  {
    name: 'a leader without a quorum continues to lead',
    replacement: {
      file: 'consensus/raft/tick.ts',
      find: '  if (!replica.tracker.quorumIsActive()) replica.becomeFollower(replica.term, undefined);\n',
      replace: '',
    },
    shownBy: ['disruptive-server-check-quorum.txt', 'stale-lease-read.txt'],
  },
  {
    name: 'a lease lasts while its leader believes that it leads',
    replacement: {
      file: 'consensus/raft/reads.ts',
      find: ' && replica.lease.isValid(replica.tracker.membership)) {',
      replace: ') {',
    },
    shownBy: ['stale-lease-read.txt'],
  },
  {
    name: 'a transfer never tells the transferee to campaign',
    replacement: {
      file: 'consensus/raft/election.ts',
      find: '  if (progress.match === replica.log.last.index) sendTimeoutNow(replica, progress);\n  else ',
      replace: '  ',
    },
    shownBy: ['membership-up-and-down.txt'],
  },
  {
    name: 'a leader does not give way to a later term',
    replacement: {
      file: 'consensus/raft/step.ts',
      find: '  replica.becomeFollower(message.term, isFromLeader(message.type) ? message.from : undefined);\n  return true;',
      replace:
        "  if (replica.role !== 'leader')\n    replica.becomeFollower(message.term, isFromLeader(message.type) ? message.from : undefined);\n  return true;",
    },
    shownBy: ['disruptive-server.txt', 'disruptive-server-pre-vote.txt', 'stale-read.txt'],
  },
];
