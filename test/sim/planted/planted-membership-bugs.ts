import { oneOrder } from '../one-order.ts';
import { often, type PlantedBug, type PlantedWorld } from './planted-bug.ts';

/** Five tabs come and go. Three of them vote, and heralds change often. */
const RESTLESS: PlantedWorld = {
  cluster: oneOrder(5, 3, { meanMs: 1_500, lateTabs: 2 }),
  mix: often({ 'kill-herald': 2_500, partition: 2_500, 'slow-disk': 5_000 }),
  faultsMs: 30_000,
};

export const MEMBERSHIP_BUGS: readonly PlantedBug[] = [
  {
    name: 'a joint membership commits by its new voters alone',
    replacements: [
      {
        file: 'consensus/raft/quorum.ts',
        find: '  if (joint.outgoingVoters.length === 0) return incoming;\n  return Math.min(incoming, majorityCommittedIndex(joint.outgoingVoters, source));',
        replace: '  return incoming;',
      },
    ],
    breaks: ['durability', 'leader completeness', 'state machine safety'],
    world: RESTLESS,
  },
  {
    name: 'a joint membership elects by its new voters alone',
    replacements: [
      {
        file: 'consensus/raft/quorum.ts',
        find: '  const outgoing = majorityVoteResult(joint.outgoingVoters, ballots);',
        replace: '  const outgoing = incoming;',
      },
    ],
    breaks: ['a leader is elected by a quorum of voters', 'election safety', 'leader completeness'],
    world: RESTLESS,
  },
  {
    name: 'half of the voters count as a majority',
    replacements: [
      {
        file: 'consensus/raft/quorum.ts',
        find: '  return Math.floor(voterCount / 2) + 1;',
        replace: '  return Math.ceil(voterCount / 2);',
      },
    ],
    breaks: ['durability', 'a leader is elected by a quorum of voters', 'election safety'],
    world: RESTLESS,
  },
  {
    name: 'a membership change begins before the previous one is committed',
    replacements: [
      {
        file: 'consensus/raft/replica.ts',
        find: '    return this.pendingMembershipIndex > this.log.applied;',
        replace: '    return false;',
      },
    ],
    breaks: ['one change of membership at a time', 'no invariant breaks'],
    world: RESTLESS,
  },
  {
    name: 'a membership change begins before the commit of the previous one is flushed',
    replacements: [
      {
        file: 'consensus/raft/persistence.ts',
        find: '      this.#changesMembership ||= this.#log.committedChange > this.#hardState.commit;\n',
        replace: '',
      },
    ],
    breaks: [
      'a candidate counts votes by the latest membership or the one before',
      'a leader is elected by a quorum of voters',
      'only a voter leads',
      'durability',
      // A replica that returns asks former members for votes, so liveness can break first.
      'liveness',
    ],
    world: { ...RESTLESS, mix: often({ 'kill-all': 3_000, kill: 2_000 }) },
  },
  {
    name: 'a leader that was removed continues to lead',
    replacements: [
      {
        file: 'consensus/raft/reconfiguration.ts',
        find: '    if (replica.options.stepDownOnRemoval) replica.becomeFollower(replica.term, undefined);\n    return;',
        replace: '    return;',
      },
      {
        // Without this replacement, the leader would transfer its leadership before it is removed.
        file: 'consensus/raft/reconciler.ts',
        find: 'return target.voters.includes(this.#replica.id) ? this.#changeTo(target) : this.#leave(target);',
        replace: 'return this.#changeTo(target);',
      },
    ],
    breaks: ['only a voter leads', 'no invariant breaks'],
    world: RESTLESS,
  },
];
