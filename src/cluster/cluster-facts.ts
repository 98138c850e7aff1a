/**
 * The bondsmith's observations of radiants and orders. They hold durations instead of points in time, so decisions need
 * no clock.
 */
import type { Order, Participant } from '../wire/configuration/configuration.ts';
import type { MemberList } from '../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';
import { majority } from './configuration.ts';
import { quorumGap, votes } from './member-list.ts';

export type RadiantPresence =
  /** The radiant was heard without a break during the last `forMs`. */
  | { readonly kind: 'present'; readonly forMs: number }
  /** The radiant was not heard during the last `forMs`, and it said no goodbye. */
  | { readonly kind: 'silent'; readonly forMs: number }
  /** The radiant said goodbye `forMs` ago and has not returned. */
  | { readonly kind: 'departed'; readonly forMs: number }
  /** The device reported `forMs` ago that the radiant's data is lost. The radiant never returns under this identity. */
  | { readonly kind: 'retired'; readonly forMs: number };

export interface RadiantFacts extends Participant {
  /**
   * Whether the radiant has durable storage. A radiant without it, as in private mode, never votes. Undefined if
   * unknown.
   */
  readonly durable: boolean | undefined;
  /** A radiant with a full disk flushes nothing, so it cannot catch up. */
  readonly diskFull: boolean;
  readonly presence: RadiantPresence;
}

export interface OrderFacts {
  readonly herald: RadiantId | undefined;
  /**
   * Whether a majority of the voters is reachable. During a joint membership change, both voter sets need a majority.
   */
  readonly hasQuorum: boolean;
  /** The voters that the order's log names. Undefined if the log is unknown. */
  readonly voting: ReadonlySet<RadiantId> | undefined;
  /**
   * Whether the members in the order's log equal those of the configuration. Changes without urgency wait until then.
   */
  readonly isSettled: boolean;
}

export interface ClusterFacts {
  /**
   * Facts by radiant id, for members and for other radiants. A radiant without an entry counts as neither present nor
   * gone.
   */
  readonly radiants: ReadonlyMap<RadiantId, RadiantFacts>;
  /**
   * Facts by order id. An order without an entry counts as settled, and the presence of its voters decides about its
   * quorum.
   */
  readonly orders: ReadonlyMap<OrderId, OrderFacts>;
  readonly times: Times['membership'];
}

/**
 * Derives the facts of an order from its latest member list.
 * @param list undefined if the order's log is unknown
 */
export function orderFacts(
  { members }: Order,
  list: MemberList | undefined,
  herald: RadiantId | undefined,
  isReachable: (radiant: RadiantId) => boolean,
): OrderFacts {
  if (list === undefined) {
    const reachable = members.voters.filter(({ radiant }) => isReachable(radiant)).length;
    return { herald, hasQuorum: reachable >= majority(members.voters.length), voting: undefined, isSettled: false };
  }
  const hasQuorum = quorumGap(list, isReachable) === undefined;
  const now = new Map(list.members.map((member) => [member.radiant, member]));
  const isSettled =
    now.size === members.voters.length + members.learners.length &&
    members.voters.every(({ radiant }) => now.get(radiant)?.voter === true) &&
    members.learners.every(({ radiant }) => now.get(radiant)?.learner === true) &&
    list.members.every(({ outgoing, wanted }) => !outgoing && wanted);
  const voting = new Set(list.members.filter(votes).map(({ radiant }) => radiant));
  return { herald, hasQuorum, voting, isSettled };
}

export function hasQuorum(facts: ClusterFacts, { id, members }: Order): boolean {
  const known = facts.orders.get(id);
  if (known !== undefined) return known.hasQuorum;
  const present = members.voters.filter(({ radiant }) => isPresent(facts, radiant));
  return present.length >= majority(members.voters.length);
}

export function isSettled(facts: ClusterFacts, { id }: Order): boolean {
  return facts.orders.get(id)?.isSettled ?? true;
}

export function heraldsOf(facts: ClusterFacts): ReadonlySet<RadiantId> {
  return new Set([...facts.orders.values()].flatMap(({ herald }) => herald ?? []));
}

export function isPresent(facts: ClusterFacts, radiant: RadiantId, forMs = 0): boolean {
  const presence = facts.radiants.get(radiant)?.presence;
  return presence?.kind === 'present' && presence.forMs >= forMs;
}

/** Whether the radiant has been missing for so long that placement replaces it. */
export function isGone(facts: ClusterFacts, radiant: RadiantId): boolean {
  const presence = facts.radiants.get(radiant)?.presence;
  switch (presence?.kind) {
    case 'silent':
      return presence.forMs >= facts.times.deadAfterMs;
    case 'departed':
      return presence.forMs >= facts.times.awayMs;
    case 'retired':
      return true;
    default:
      return false;
  }
}

/** Whether the radiant has been missing for at least `forMs`, for any reason. */
export function isAbsent(facts: ClusterFacts, radiant: RadiantId, forMs: number): boolean {
  const presence = facts.radiants.get(radiant)?.presence;
  if (presence === undefined || presence.kind === 'present') return false;
  return presence.kind === 'retired' || presence.forMs >= forMs;
}

/**
 * Whether a successor of the radiant may join soon. A radiant that lost its data returns under a new identity (design,
 * rule 2).
 */
export function mayHaveSuccessor(facts: ClusterFacts, radiant: RadiantId): boolean {
  const presence = facts.radiants.get(radiant)?.presence;
  return presence?.kind === 'retired' && presence.forMs < facts.times.candidatePresenceMs;
}

/**
 * Whether the radiant may become a voter. It must have durable storage, free disk space, and a presence of at least
 * `forMs`.
 */
export function canVote(facts: ClusterFacts, radiant: RadiantId, forMs: number): boolean {
  const known = facts.radiants.get(radiant);
  return known?.durable === true && !known.diskFull && isPresent(facts, radiant, forMs);
}
