/** What a bondsmith has observed, in the form in which everything here goes by it: durations, never points in time. */
import type { Order, Participant } from '../wire/configuration/configuration.ts';
import type { MemberList } from '../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';
import { majority } from './configuration.ts';
import { quorumGap, votes } from './member-list.ts';

export type RadiantPresence =
  /** It is heard, and has been for so long without a break. */
  | { readonly kind: 'present'; readonly forMs: number }
  /** Nobody has heard it for so long, and it said nothing of going. */
  | { readonly kind: 'silent'; readonly forMs: number }
  /** It said goodbye so long ago, and has not come back. */
  | { readonly kind: 'departed'; readonly forMs: number }
  /** Its device said so long ago that its data is lost: it will never be heard again, but for another in its place. */
  | { readonly kind: 'retired'; readonly forMs: number };

export interface RadiantFacts extends Participant {
  /** False in private mode: such a radiant is never a voter. Undefined: it has not said so yet. */
  readonly durable: boolean | undefined;
  /** Its disk has no room now: it flushes nothing, and so cannot catch up. */
  readonly diskFull: boolean;
  readonly presence: RadiantPresence;
}

export interface OrderFacts {
  /** Who leads it; undefined: nobody, as far as is known. */
  readonly herald: RadiantId | undefined;
  /** A majority of those that vote in its log can be reached: of the two electorates, while its membership changes. */
  readonly hasQuorum: boolean;
  /** Whoever votes in its log; undefined: its log was never heard of. */
  readonly voting: ReadonlySet<RadiantId> | undefined;
  /** Its log has come to the members that the configuration wants. Before that, nothing is changed that can wait. */
  readonly isSettled: boolean;
}

export interface ClusterFacts {
  /** Members and others. One that is not in it is neither present, nor gone. */
  readonly radiants: ReadonlyMap<RadiantId, RadiantFacts>;
  /** One that is not in it is settled, and has the quorum that the presence of its voters makes. */
  readonly orders: ReadonlyMap<OrderId, OrderFacts>;
  readonly times: Times['membership'];
}

/** What the latest list of an order's members tells. @param list undefined: its log was never heard of */
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

/** Whoever leads an order. */
export function heraldsOf(facts: ClusterFacts): ReadonlySet<RadiantId> {
  return new Set([...facts.orders.values()].flatMap(({ herald }) => herald ?? []));
}

export function isPresent(facts: ClusterFacts, radiant: RadiantId, forMs = 0): boolean {
  const presence = facts.radiants.get(radiant)?.presence;
  return presence?.kind === 'present' && presence.forMs >= forMs;
}

/** Whether it will be counted on no more: it has been silent, or away, for too long. */
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

/** Whether it has not been there for so long, for whatever reason. */
export function isAbsent(facts: ClusterFacts, radiant: RadiantId, forMs: number): boolean {
  const presence = facts.radiants.get(radiant)?.presence;
  if (presence === undefined || presence.kind === 'present') return false;
  return presence.kind === 'retired' || presence.forMs >= forMs;
}

/** Whether another may be about to come in its place: whoever loses its data comes back as a newcomer (design, rule 2). */
export function mayHaveSuccessor(facts: ClusterFacts, radiant: RadiantId): boolean {
  const presence = facts.radiants.get(radiant)?.presence;
  return presence?.kind === 'retired' && presence.forMs < facts.times.candidatePresenceMs;
}

/** Whether it may become a voter: it is present for so long, is durable, and its disk has room. */
export function canVote(facts: ClusterFacts, radiant: RadiantId, forMs: number): boolean {
  const known = facts.radiants.get(radiant);
  return known?.durable === true && !known.diskFull && isPresent(facts, radiant, forMs);
}
