/** The observations of a bondsmith, as durations instead of points in time. */
import type { Order, Participant } from '../wire/configuration/configuration.ts';
import type { MemberList } from '../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';
import { majority } from './configuration.ts';
import { quorumGap, votes } from './member-list.ts';

export type RadiantPresence =
  /** Heard for this long without a break. */
  | { readonly kind: 'present'; readonly forMs: number }
  /** Not heard for this long, without a goodbye. */
  | { readonly kind: 'silent'; readonly forMs: number }
  /** Said goodbye this long ago and has not returned. */
  | { readonly kind: 'departed'; readonly forMs: number }
  /** Lost its data this long ago, by the word of its device. It never returns under this identity. */
  | { readonly kind: 'retired'; readonly forMs: number };

export interface RadiantFacts extends Participant {
  /** False without durable storage, as in private mode: such a radiant never votes. Undefined if unknown. */
  readonly durable: boolean | undefined;
  /** A radiant with a full disk flushes nothing, so it cannot catch up. */
  readonly diskFull: boolean;
  readonly presence: RadiantPresence;
}

export interface OrderFacts {
  /** Undefined if no herald is known. */
  readonly herald: RadiantId | undefined;
  /** A majority of the voters is reachable; during a membership change, of both electorates. */
  readonly hasQuorum: boolean;
  /** The voters by its log. Undefined if the log is unknown. */
  readonly voting: ReadonlySet<RadiantId> | undefined;
  /** The members of its log are those of the configuration. Changes that can wait are made only then. */
  readonly isSettled: boolean;
}

export interface ClusterFacts {
  /** Members and other radiants. A radiant that is missing here is neither present nor gone. */
  readonly radiants: ReadonlyMap<RadiantId, RadiantFacts>;
  /** An order that is missing here is settled, and its quorum follows from the presence of its voters. */
  readonly orders: ReadonlyMap<OrderId, OrderFacts>;
  readonly times: Times['membership'];
}

/** The facts in the latest member list of an order. @param list undefined if the log is unknown */
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

/** Whether the radiant was silent or away for too long to count on it. */
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

/** Whether the radiant has been missing for this long, for any reason. */
export function isAbsent(facts: ClusterFacts, radiant: RadiantId, forMs: number): boolean {
  const presence = facts.radiants.get(radiant)?.presence;
  if (presence === undefined || presence.kind === 'present') return false;
  return presence.kind === 'retired' || presence.forMs >= forMs;
}

/**
 * Whether a successor may be about to join: a radiant that lost its data returns under a new identity (design, rule
 * 2).
 */
export function mayHaveSuccessor(facts: ClusterFacts, radiant: RadiantId): boolean {
  const presence = facts.radiants.get(radiant)?.presence;
  return presence?.kind === 'retired' && presence.forMs < facts.times.candidatePresenceMs;
}

/** Whether the radiant may become a voter: present for this long, durable, and with room on its disk. */
export function canVote(facts: ClusterFacts, radiant: RadiantId, forMs: number): boolean {
  const known = facts.radiants.get(radiant);
  return known?.durable === true && !known.diskFull && isPresent(facts, radiant, forMs);
}
