/**
 * Spare learners, and which of them are needed. A learner's first purpose is to replace a voter. An absent voter therefore
 * reserves one spare from the moment it falls silent, before it may be replaced. The reservation ends when the voter
 * returns, is replaced, or its order ends. Nobody can replace a voter of an order without a quorum: it reserves a spare only
 * until it is gone, so that it does not keep others from theirs for ever.
 */
import type { Order, Participant } from '../wire/configuration/configuration.ts';
import { type ClusterFacts, canVote, hasQuorum, isAbsent, isGone } from './facts.ts';

/** Voters that do not take part now, and that a spare may have to replace. */
export function absentVoters(facts: ClusterFacts, orders: readonly Order[]): number {
  return orders.reduce((count, order) => count + absentIn(facts, order), 0);
}

function absentIn(facts: ClusterFacts, order: Order): number {
  const isReplaceable = hasQuorum(facts, order);
  return order.members.voters.filter(({ radiant }) => {
    return isAbsent(facts, radiant, 0) && (isReplaceable || !isGone(facts, radiant));
  }).length;
}

/** Learners that could replace a voter now. */
export function spareLearners(facts: ClusterFacts, orders: readonly Order[]): readonly Participant[] {
  return orders.flatMap(({ members }) => members.learners).filter(({ radiant }) => canVote(facts, radiant, 0));
}
