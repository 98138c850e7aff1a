/** What a bondsmith has observed, in the form in which everything here goes by it: durations, never points in time. */
import type { Participant } from '../wire/configuration.ts';
import type { OrderId, RadiantId } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';

export type RadiantPresence =
  /** It is heard, and has been for so long without a break. */
  | { readonly kind: 'present'; readonly forMs: number }
  /** Nobody has heard it for so long, and it said nothing of going. */
  | { readonly kind: 'silent'; readonly forMs: number }
  /** It said goodbye so long ago, and has not come back. */
  | { readonly kind: 'departed'; readonly forMs: number }
  /** Its device has said that its data is lost: it will never be heard again. */
  | { readonly kind: 'retired' };

export interface RadiantFacts extends Participant {
  /** False in private mode: such a radiant is never a voter. */
  readonly durable: boolean;
  readonly presence: RadiantPresence;
}

export interface ClusterFacts {
  /** Members and others. One that is not in it is neither present, nor gone. */
  readonly radiants: ReadonlyMap<RadiantId, RadiantFacts>;
  /** Those that lead an order: of voters, they are let go last, and they are preferred for the bondsmith's order. */
  readonly heralds: ReadonlySet<RadiantId>;
  /** Orders whose logs have not come to what the configuration wants: nothing that can wait is changed in them. */
  readonly unsettled: ReadonlySet<OrderId>;
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
      return presence.forMs >= INTERVALS.deadAfterMs;
    case 'departed':
      return presence.forMs >= INTERVALS.awayMs;
    case 'retired':
      return true;
    default:
      return false;
  }
}

/** Whether it may become a voter: it is present for so long, and can remember. */
export function canVote(facts: ClusterFacts, radiant: RadiantId, forMs: number): boolean {
  return isPresent(facts, radiant, forMs) && facts.radiants.get(radiant)?.durable === true;
}
