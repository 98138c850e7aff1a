import type { Configuration, Order, Participant } from '../wire/configuration/configuration.ts';
import { type OrderId, type RadiantId, shortId } from '../wire/identifiers.ts';
import { membersOf } from './configuration.ts';
import type { ConfigurationDraft } from './configuration-draft.ts';
import { type ClusterFacts, canVote, hasQuorum, isAbsent, isGone, isSettled } from './cluster-facts.ts';
import { chosen, fittingVoters, largestOdd } from './voters.ts';

export interface MemberTerms {
  readonly facts: ClusterFacts;
  readonly replicationFactor: number;
  /**
   * Most voters of each order. Lower than the replication factor only while too few radiants exist for the target
   * number of orders.
   */
  readonly maxVoters: number;
  readonly leaving: ReadonlySet<RadiantId>;
}

/** The size that the whole cluster should reach. */
interface Aim {
  /** Number of radiants to count on. */
  readonly radiants: number;
  readonly orders: number;
}

/**
 * Plans the members of one order.
 * @returns whether the members changed
 */
export function fitOrder(draft: ConfigurationDraft, id: OrderId, terms: MemberTerms): boolean {
  const { facts, leaving } = terms;
  const order = draft.order(id);
  let spare: ReturnType<typeof spareFor> | undefined;
  const fitted = fittingVoters(order.members, {
    facts,
    maxVoters: largestOdd(terms.maxVoters),
    hasQuorum: hasQuorum(facts, order),
    isSettled: isSettled(facts, order),
    voting: facts.orders.get(id)?.voting,
    leader: facts.orders.get(id)?.herald,
    leaving,
    outsiders: () => {
      spare = spareFor(draft, order, terms);
      return [...spare.values()].map(({ participant }) => participant);
    },
    // Learners of the order come first, because they already have the data.
    rank: (_candidate, inUse, isOutsider) => [isOutsider ? 1 : 0, inUse],
  });
  if (fitted === undefined) return false;
  draft.setMembers(id, fitted);
  for (const { radiant } of membersOf(draft.order(id))) {
    const from = spare?.get(radiant)?.from;
    if (from !== undefined) draft.withoutLearner(from, radiant);
  }
  return true;
}

/**
 * Moves one learner to an order with fewer members than the replication factor. The donor must have at least two
 * members more.
 * @returns the moved learner, or undefined if no order can spare one
 */
export function fillOrder(draft: ConfigurationDraft, id: OrderId, terms: MemberTerms): Participant | undefined {
  const { facts, replicationFactor } = terms;
  const order = draft.order(id);
  const own = membersOf(order);
  if (own.length >= replicationFactor || !hasQuorum(facts, order) || !isSettled(facts, order)) return undefined;
  const donors = draft.able
    .filter((donor) => donor.id !== id && membersOf(donor).length >= own.length + 2)
    .filter((donor) => spareLearners(facts, [donor]).length > absentVoters(facts, [donor]))
    .sort((one, other) => membersOf(other).length - membersOf(one).length);
  for (const donor of donors) {
    const candidates = donor.members.learners.filter(({ radiant }) => isSteady(radiant, terms));
    const [best] = chosen(own, own.length + 1, candidates, (_candidate, inUse) => [inUse]).slice(own.length);
    if (best === undefined) continue;
    draft.withoutLearner(donor.id, best.radiant);
    draft.setMembers(id, { voters: order.members.voters, learners: [...order.members.learners, best] });
    return best;
  }
  return undefined;
}

export function wordsOf(before: Order, after: Order): string {
  const votersBefore = new Set(before.members.voters.map(({ radiant }) => radiant));
  const votersAfter = new Set(after.members.voters.map(({ radiant }) => radiant));
  const all = new Set(membersOf(after).map(({ radiant }) => radiant));
  const known = new Set(membersOf(before).map(({ radiant }) => radiant));
  const parts = [
    said(
      'votes',
      [...votersAfter].filter((radiant) => !votersBefore.has(radiant)),
    ),
    said(
      'no longer votes',
      [...votersBefore].filter((radiant) => !votersAfter.has(radiant) && all.has(radiant)),
    ),
    said(
      'learns',
      [...all].filter((radiant) => !known.has(radiant) && !votersAfter.has(radiant)),
    ),
    said(
      'is out',
      [...known].filter((radiant) => !all.has(radiant)),
    ),
  ].filter((part) => part !== '');
  return `order ${shortId(after.id)}: ${parts.join(', ')}`;
}

function said(what: string, radiants: readonly RadiantId[]): string {
  return radiants.length === 0 ? '' : `${radiants.map(shortId).join(' and ')} ${what}`;
}

/** The learners that other orders can spare, each with its current order. The map is keyed by radiant. */
function spareFor(draft: ConfigurationDraft, order: Order, terms: MemberTerms) {
  const { facts, replicationFactor, leaving } = terms;
  const members = membersOf(order);
  // An order whose members are all gone may take a learner from any order.
  const own = members.every(({ radiant }) => isGone(facts, radiant)) ? 0 : members.length;
  const donors = draft.able
    .filter(({ id }) => id !== order.id)
    .filter((donor) => membersOf(donor).length > Math.min(replicationFactor, own));
  const spare = donors.flatMap(({ id, members }) => {
    return members.learners.map((participant) => [participant.radiant, { participant, from: id }] as const);
  });
  return new Map(
    spare.filter(([radiant]) => {
      return draft.wasLearner(radiant) && isSteady(radiant, terms) && !leaving.has(radiant);
    }),
  );
}

function isSteady(radiant: RadiantId, { facts }: MemberTerms): boolean {
  return canVote(facts, radiant, facts.times.candidatePresenceMs);
}

/**
 * Most voters of each order. Lower than the replication factor while more orders should exist than can have full
 * membership.
 */
export function maxVotersOf({ replicationFactor, orders }: Configuration, facts: ClusterFacts, aim: Aim): number {
  // While an order lacks its quorum, no order gives up voters to found another one.
  const isGrowing = orders.length < aim.orders && orders.every((order) => hasQuorum(facts, order));
  return isGrowing
    ? Math.min(replicationFactor, Math.max(1, Math.floor(aim.radiants / aim.orders)))
    : replicationFactor;
}

/**
 * Number of absent voters. Each absent voter reserves one spare learner from the moment it falls silent. An order
 * without a quorum cannot replace a voter, so its reservation ends when the voter counts as gone.
 */
export function absentVoters(facts: ClusterFacts, orders: readonly Order[]): number {
  return orders.reduce((count, order) => count + absentIn(facts, order), 0);
}

function absentIn(facts: ClusterFacts, order: Order): number {
  const isReplaceable = hasQuorum(facts, order);
  return order.members.voters.filter(({ radiant }) => {
    return isAbsent(facts, radiant, 0) && (isReplaceable || !isGone(facts, radiant));
  }).length;
}

export function spareLearners(facts: ClusterFacts, orders: readonly Order[]): readonly Participant[] {
  return orders.flatMap(({ members }) => members.learners).filter(({ radiant }) => canVote(facts, radiant, 0));
}
