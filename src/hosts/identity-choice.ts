/** Which of this device's identities a tab takes up, and on which of them something rests. Pure. */
import type { KnownIdentity } from './device-registry.ts';
import type { OrderView, RadiantView } from '../radiant/contract.ts';
import type { Order } from '../wire/configuration/configuration.ts';
import type { RadiantId } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';

/** How a tab comes to look for an identity. */
export interface Arrival {
  /** The radiant that this tab ran before its worker died. */
  readonly former: RadiantId | undefined;
  /** It was reloaded or came back: what it ran before is being freed at this moment. */
  readonly returning: boolean;
}

export const NEWCOMER: Arrival = { former: undefined, returning: false };

/**
 * How long a tab waits for an identity to become free; all others wait with it, so a newcomer is not kept long.
 * @param isCrowded another tab runs several, and can let one of them go
 */
export function patienceOf({ former, returning }: Arrival, isCrowded: boolean): number {
  if (isCrowded) return INTERVALS.handOverPatienceMs;
  return former !== undefined || returning ? INTERVALS.identityPatienceMs : INTERVALS.newcomerPatienceMs;
}

/** In which order a new tab tries them: its own former one, those that vote, the rest. */
export function candidates(known: readonly KnownIdentity[], former: RadiantId | undefined): readonly RadiantId[] {
  const rank = ({ radiant, voter }: KnownIdentity) => (radiant === former ? 0 : voter ? 1 : 2);
  return known
    .filter(({ retired }) => !retired)
    .toSorted((one, other) => rank(one) - rank(other))
    .map(({ radiant }) => radiant);
}

/** Adds what a radiant knows: who votes now is a voter, also where nobody came to mark it. */
export function withKnownVoters(
  known: readonly KnownIdentity[],
  view: RadiantView | undefined,
): readonly KnownIdentity[] {
  const members = view === undefined ? [] : groupsOf(view).flatMap((group) => group.members);
  const voters = new Set(members.filter(({ memberKind }) => memberKind === 'voter').map(({ radiant }) => radiant));
  return known.map((identity) => ({ ...identity, voter: identity.voter || voters.has(identity.radiant) }));
}

/** Whether decisions of any order may need it. */
export function isVoter(view: RadiantView): boolean {
  return groupsOf(view).some(({ replica }) => replica !== undefined && replica.role !== 'learner');
}

/** Whether a radiant takes part in no order of its cluster, and none waits for it: nothing rests on its data. */
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

/** The bondsmith's order is one like any other. */
export function groupsOf({ orders, bondsmith }: RadiantView): readonly OrderView[] {
  return bondsmith === undefined ? orders : [...orders, bondsmith];
}
