/**
 * Decides the next change of the configuration. The decision is a pure function of the configuration and the observed
 * facts, so a new bondsmith reaches the same result. Members are planned first. Orders are created and dissolved only
 * while no shard moves.
 */
import type { Configuration, ConfigurationChange, Order, Participant } from '../wire/configuration/configuration.ts';
import { asReplicaId, type OrderId, type RadiantId, shortId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { membersOf, movesOf, participantsOf, slotCountOf } from './configuration.ts';
import { changeBetween } from './configuration-change.ts';
import { asMuchAsFits, isSmallEnough, orderToRenew } from './configuration-size.ts';
import { ConfigurationDraft } from './configuration-draft.ts';
import { emptied, filled } from './shard-balance.ts';
import { type ClusterFacts, canVote, isGone, isPresent } from './cluster-facts.ts';
import { numberOfOrders } from './formation.ts';
import {
  type MemberTerms,
  absentVoters,
  fillOrder,
  fitOrder,
  maxVotersOf,
  spareLearners,
  wordsOf,
} from './order-members.ts';
import { chosen, largestOdd } from './voters.ts';

export interface Step {
  readonly kind: 'step';
  readonly change: ConfigurationChange;
  /** The purpose of the change, in words for people. */
  readonly why: string;
  /** The purpose and the content of the change, in words for people. */
  readonly reason: string;
}

/** The change exceeds the size limit of a configuration. An administrator has to consolidate shards first. */
interface NoRoom {
  readonly kind: 'no-room';
  readonly reason: string;
}

/** The next change. Undefined if nothing should change or the change does not fit. */
export function nextStep(configuration: Configuration, facts: ClusterFacts, newOrder: OrderId): Step | undefined {
  const next = placement(configuration, facts, newOrder);
  return next?.kind === 'step' ? next : undefined;
}

/**
 * Returns the next change, or the reason why the change does not fit. Undefined if nothing should change now.
 * @param newOrder a new random id for an order that may be created
 */
export function placement(
  configuration: Configuration,
  facts: ClusterFacts,
  newOrder: OrderId,
): Step | NoRoom | undefined {
  const radiants = participantsOf(configuration).filter(({ radiant }) => countsOn(facts, radiant)).length;
  const { replicationFactor, wantedOrders } = configuration;
  const target = numberOfOrders(radiants, replicationFactor, wantedOrders);
  const maxVoters = maxVotersOf(configuration, facts, { radiants, orders: target });
  const next =
    memberStep(configuration, { facts, replicationFactor, maxVoters, leaving: NOBODY }) ??
    (movesOf(configuration).length > 0 ? undefined : orderStep(configuration, facts, newOrder, { target, maxVoters }));
  if (next?.kind !== 'step' || isSmallEnough(configuration, next.change)) return next;
  return { kind: 'no-room', reason: next.why };
}

/** @param change undefined if the change would be too large */
function stepOf(change: ConfigurationChange | undefined, why: string, what: string): Step | NoRoom {
  if (change === undefined) return { kind: 'no-room', reason: why };
  return { kind: 'step', change, why, reason: `${why}: ${what}` };
}

function memberStep(configuration: Configuration, terms: MemberTerms): Step | undefined {
  const draft = new ConfigurationDraft(configuration, terms.facts);
  const least = leastMembers(draft);
  for (const order of draft.orders)
    fitOrder(draft, order.id, { ...terms, maxVoters: maxVotersIn(order, terms, least) });
  if (!draft.isChanged) {
    for (const { id } of draft.orders) fillOrder(draft, id, terms);
  }
  const change = draft.change();
  if (change.orders.length === 0) return undefined;
  const before = new Map(configuration.orders.map((order) => [order.id, order]));
  const words = change.orders.flatMap((order) => {
    const old = before.get(order.id);
    return old === undefined ? [] : [wordsOf(old, order)];
  });
  return { kind: 'step', change, why: 'orders should have other members', reason: words.join('; ') };
}

/**
 * Most voters of the order. An order that should give learners away adds no voters. The receiving order would otherwise
 * keep its data on one disk.
 */
function maxVotersIn(order: Order, { maxVoters, replicationFactor }: MemberTerms, least: number): number {
  const isToGive = least < replicationFactor && membersOf(order).length >= least + 2;
  return isToGive ? Math.min(maxVoters, order.members.voters.length) : maxVoters;
}

/** The lowest number of members among the orders that are not dissolving. */
function leastMembers(draft: ConfigurationDraft): number {
  const staying = draft.able.filter(({ isDissolving }) => !isDissolving);
  return Math.min(...staying.map((order) => membersOf(order).length));
}

/**
 * Whether the radiant counts for the number of orders. A missing radiant may return until it counts as gone. A radiant
 * that just returned has not yet reported whether its storage is durable.
 */
function countsOn(facts: ClusterFacts, radiant: RadiantId): boolean {
  return !isGone(facts, radiant) && (!isPresent(facts, radiant) || facts.radiants.get(radiant)?.durable !== false);
}

const NOBODY: ReadonlySet<RadiantId> = new Set();

interface Size {
  readonly target: number;
  readonly maxVoters: number;
}

function orderStep(
  configuration: Configuration,
  facts: ClusterFacts,
  newOrder: OrderId,
  { target, maxVoters }: Size,
): Step | NoRoom | undefined {
  const draft = new ConfigurationDraft(configuration, facts);
  const { able } = draft;
  const forsaken = able.find((order) => membersOf(order).every(({ radiant }) => isGone(facts, radiant)));
  if (forsaken !== undefined) {
    return dissolved(draft, configuration, facts, forsaken, `no member is left of order ${shortId(forsaken.id)}`);
  }
  if (draft.orders.length > target) return fewerOrders(draft, configuration, facts);
  const outlived = draft.orders.length === target ? orderToRenew(configuration, able) : undefined;
  if (outlived !== undefined && able.length > 1) {
    const why = `first voters of order ${shortId(outlived.id)} have left`;
    return dissolved(draft, configuration, facts, outlived, why);
  }
  // Only an order that is dissolving is revived. Another order can be without shards because an administrator moved
  // them away.
  const needed = able.find(({ isDissolving }) => isDissolving);
  if (needed !== undefined) return revived(draft, configuration, needed);
  return draft.orders.length < target
    ? moreOrders(draft, configuration, facts, newOrder, { target, maxVoters })
    : undefined;
}

function revived(draft: ConfigurationDraft, configuration: Configuration, order: Order): Step | NoRoom {
  const donors = idsOf(draft.able, order.id);
  draft.setOrders([{ ...order, isDissolving: false }]);
  const change = order.shards.length === 0 ? filling(draft, configuration, order.id, donors) : draft.change();
  return stepOf(change, `order ${shortId(order.id)} is needed after all`, 'it gets its part of the shards');
}

/** Moves shards to an order until it has its share. The free bytes of the configuration limit the number of moves. */
function filling(
  draft: ConfigurationDraft,
  configuration: Configuration,
  id: OrderId,
  donors: ReadonlySet<OrderId>,
): ConfigurationChange | undefined {
  const { orders } = draft;
  const shardCount = orders.reduce((count, { shards }) => count + shards.length, 0);
  return asMuchAsFits(configuration, Math.ceil(shardCount / orders.length), (most) =>
    changeBetween(configuration.orders, filled(orders, id, donors, most)),
  );
}

/** Dissolves one order. Prefers an order that is already dissolving, then one without shards, then the smallest. */
function fewerOrders(
  draft: ConfigurationDraft,
  configuration: Configuration,
  facts: ClusterFacts,
): Step | NoRoom | undefined {
  const [least] = draft.able.toSorted(
    (one, other) =>
      Number(other.isDissolving) - Number(one.isDissolving) ||
      Math.min(one.shards.length, 1) - Math.min(other.shards.length, 1) ||
      membersOf(one).length - membersOf(other).length ||
      slotCountOf(one) - slotCountOf(other) ||
      (one.id < other.id ? 1 : -1),
  );
  const why = 'too few radiants are present for all orders';
  return least === undefined ? undefined : dissolved(draft, configuration, facts, least, why);
}

/** Dissolves an order in two steps. Its shards move first, and then the order is removed. */
function dissolved(
  draft: ConfigurationDraft,
  configuration: Configuration,
  facts: ClusterFacts,
  order: Order,
  why: string,
): Step | NoRoom | undefined {
  if (draft.able.length < 2) return undefined;
  const members = membersOf(order).filter(({ radiant }) => !isGone(facts, radiant));
  if (order.shards.length > 0) {
    const emptying = emptied(configuration, facts, order.id);
    if (emptying.kind === 'no-receiver') return undefined;
    const change = emptying.kind === 'change' ? emptying.change : undefined;
    return stepOf(change, why, `order ${shortId(order.id)} gives its shards away`);
  }
  draft.remove(order.id);
  const change = draft.addLearners(members) ? draft.change() : undefined;
  return stepOf(change, why, `order ${shortId(order.id)} is dissolved`);
}

/**
 * Creates an order from learners that were present for `promotionMs`, taken from the orders with the most members. One
 * spare learner stays for every absent voter, which could not be replaced otherwise.
 */
function moreOrders(
  draft: ConfigurationDraft,
  configuration: Configuration,
  facts: ClusterFacts,
  id: OrderId,
  { target, maxVoters }: Size,
): Step | NoRoom | undefined {
  const homes = new Map(draft.able.flatMap((order) => order.members.learners.map(({ radiant }) => [radiant, order])));
  const candidates = draft.able
    .flatMap(({ members }) => members.learners)
    .filter(({ radiant }) => canVote(facts, radiant, facts.times.promotionMs));
  const missing = target - draft.orders.length;
  const size = largestOdd(Math.min(maxVoters, Math.max(1, Math.floor(candidates.length / missing))));
  if (size < largestOdd(maxVoters) || candidates.length < size || draft.orders.length >= LIMITS.configuration.orders)
    return undefined;
  if (spareLearners(facts, draft.able).length - size < absentVoters(facts, draft.orders)) return undefined;
  const rank = ({ radiant }: Participant): readonly number[] => {
    const home = homes.get(radiant);
    return home === undefined ? [0, 0] : [Math.min(1, absentVoters(facts, [home])), -membersOf(home).length];
  };
  const voters = chosen([], size, candidates, (candidate, inUse) => [inUse, ...rank(candidate)]);
  const donors = idsOf(draft.able, id);
  for (const { radiant } of voters) {
    const home = homes.get(radiant);
    if (home !== undefined) draft.withoutLearner(home.id, radiant);
  }
  draft.setOrders([born(id, draft.number, voters)]);
  const change = filling(draft, configuration, id, donors);
  return stepOf(change, 'enough radiants are present for another order', `${shortId(id)} is born`);
}

function born(id: OrderId, number: number, voters: readonly Participant[]): Order {
  const firstVoters = voters.map((voter, at) => ({ ...voter, replica: asReplicaId(at + 1) }));
  return {
    id,
    firstVoters,
    firstShards: [],
    members: { number, voters, learners: [] },
    shards: [],
    isDissolving: false,
  };
}

function idsOf(orders: readonly Order[], except: OrderId): ReadonlySet<OrderId> {
  return new Set(orders.map(({ id }) => id).filter((id) => id !== except));
}
