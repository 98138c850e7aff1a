/** Chooses among the identities of this device. This file is pure. */
import type { KnownIdentity } from './device-registry.ts';
import type { OrderView, RadiantView } from '../radiant/contract.ts';
import type { Order } from '../wire/configuration/configuration.ts';
import type { RadiantId } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';

/** The circumstances in which a tab opened. */
export interface Arrival {
  /** The radiant that this tab ran before its worker died. Undefined if this is the first worker. */
  readonly former: RadiantId | undefined;
  /** Whether the page was reloaded or restored. Its former radiant is then about to become free. */
  readonly returning: boolean;
}

export const NEWCOMER: Arrival = { former: undefined, returning: false };

/**
 * Milliseconds that a tab waits for an identity to become free.
 * @param isCrowded whether another tab runs several identities and can hand one over
 */
export function patienceOf({ former, returning }: Arrival, isCrowded: boolean, times: Times['host']): number {
  if (isCrowded) return times.handOverPatienceMs;
  return former !== undefined || returning ? times.identityPatienceMs : times.newcomerPatienceMs;
}

/** The identities that a tab tries, in this sequence: the former radiant, voters, the others. */
export function candidates(known: readonly KnownIdentity[], former: RadiantId | undefined): readonly RadiantId[] {
  const rank = ({ radiant, voter }: KnownIdentity) => (radiant === former ? 0 : voter ? 1 : 2);
  return known
    .filter(({ retired }) => !retired)
    .toSorted((one, other) => rank(one) - rank(other))
    .map(({ radiant }) => radiant);
}

/** Marks identities as voters if the view shows them as voters. The registry can lag behind the view. */
export function withKnownVoters(
  known: readonly KnownIdentity[],
  view: RadiantView | undefined,
): readonly KnownIdentity[] {
  const members = view === undefined ? [] : groupsOf(view).flatMap((group) => group.members);
  const voters = new Set(members.filter(({ memberKind }) => memberKind === 'voter').map(({ radiant }) => radiant));
  return known.map((identity) => ({ ...identity, voter: identity.voter || voters.has(identity.radiant) }));
}

/** Whether an order may need the radiant. */
export function isVoter(view: RadiantView): boolean {
  return groupsOf(view).some(({ replica }) => replica !== undefined && replica.role !== 'learner');
}

/** Whether the radiant has left every order of its cluster and waits for no order. No order needs its data then. */
export function hasDeparted(view: RadiantView): boolean {
  const { radiant, formation } = view;
  if (formation.kind !== 'formed') return false;
  const { orders } = formation.configuration;
  const isWanted = ({ members: { voters, learners } }: Order) =>
    [...voters, ...learners].some((member) => member.radiant === radiant);
  if (orders.some(isWanted)) return false;
  return groupsOf(view).every(
    ({ replica, members }) => replica === undefined && !members.some((one) => one.radiant === radiant),
  );
}

/** All orders of a view, including the bondsmith's order. */
export function groupsOf({ orders, bondsmith }: RadiantView): readonly OrderView[] {
  return bondsmith === undefined ? orders : [...orders, bondsmith];
}
