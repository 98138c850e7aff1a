/**
 * What a bondsmith knows of everyone (design, rule 9): since when each radiant has been there, silent or away, counted
 * from its own election, and anew after it stood still itself: nobody is called dead who had no chance to be heard.
 */
import { participantsOf } from '../../cluster/configuration.ts';
import type { ClusterFacts, OrderFacts, RadiantFacts, RadiantPresence } from '../../cluster/facts.ts';
import { orderFacts } from '../../cluster/facts.ts';
import type { Configuration, Order, Participant } from '../../wire/configuration/configuration.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import type { Clock } from '../clock.ts';
import type { KnownMembers } from '../neighbours/known-members.ts';
import type { Outlook } from '../neighbours/outlook.ts';
import type { Peers } from '../neighbours/peers.ts';
import type { RetiredIdentities } from '../neighbours/retired-identities.ts';
import type { Self } from '../self.ts';

export interface ClusterWatchParts {
  readonly self: Self;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly members: KnownMembers;
  readonly outlook: Outlook;
  readonly retired: RetiredIdentities;
}

interface Sighting {
  readonly kind: RadiantPresence['kind'];
  readonly sinceMs: number;
}

export class ClusterWatch {
  readonly #parts: ClusterWatchParts;
  readonly #sightings = new Map<RadiantId, Sighting>();

  constructor(parts: ClusterWatchParts) {
    this.#parts = parts;
  }

  /** All that was counted says nothing: from now on it is counted anew. */
  restart(): void {
    this.#sightings.clear();
  }

  /** Looks around: to be called again and again, since time is counted from what was seen. */
  observe(configuration: Configuration): ClusterFacts {
    const everyone = this.#everyone(configuration);
    for (const radiant of this.#sightings.keys()) if (!everyone.has(radiant)) this.#sightings.delete(radiant);
    const radiants = new Map<RadiantId, RadiantFacts>();
    for (const participant of everyone.values()) radiants.set(participant.radiant, this.#factsOf(participant));
    const orders = new Map(configuration.orders.map((order) => [order.id, this.#factsOfOrder(order)]));
    return { radiants, orders };
  }

  /** Whoever is in the configuration or in an order's log, and whoever is heard and could be. */
  #everyone(configuration: Configuration): ReadonlyMap<RadiantId, Participant> {
    const { self, peers, members } = this.#parts;
    const everyone = new Map<RadiantId, Participant>();
    const add = ({ radiant, device }: Participant) => everyone.set(radiant, { radiant, device });
    for (const { radiant, presence, foreign } of peers.livePeers()) {
      if (presence !== undefined && !presence.clientOnly && !foreign) add({ radiant, device: presence.device });
    }
    const { bondsmith } = configuration;
    if (bondsmith !== undefined) members.of(bondsmith).members.forEach(add);
    participantsOf(configuration).forEach(add);
    add(self);
    return everyone;
  }

  #factsOf({ radiant, device }: Participant): RadiantFacts {
    const { self, peers } = this.#parts;
    const durable = radiant === self.radiant ? self.durable : peers.peer(radiant)?.presence?.durable;
    return { radiant, device, durable, presence: this.#presenceOf(radiant) };
  }

  #presenceOf(radiant: RadiantId): RadiantPresence {
    const { clock, retired } = this.#parts;
    const kind = retired.has(radiant) ? 'retired' : this.#standingOf(radiant);
    const known = this.#sightings.get(radiant);
    const sighting: Sighting = known?.kind === kind ? known : { kind, sinceMs: clock.nowMs };
    this.#sightings.set(radiant, sighting);
    return { kind, forMs: clock.nowMs - sighting.sinceMs };
  }

  /** One that has lost what it had flushed is not there, even where it speaks: it will come back as another. */
  #standingOf(radiant: RadiantId): 'present' | 'silent' | 'departed' {
    const { self, peers, outlook } = this.#parts;
    if (radiant === self.radiant) return 'present';
    const peer = peers.peer(radiant);
    const isCounted = peer === undefined || (!peer.behind && !peer.foreign);
    if (isCounted && outlook.isReachable(radiant)) return 'present';
    return peer?.departed === true ? 'departed' : 'silent';
  }

  #factsOfOrder(order: Order): OrderFacts {
    const { members, outlook } = this.#parts;
    const isReachable = (radiant: RadiantId) => outlook.isReachable(radiant);
    return orderFacts(order, members.latest(order.id), outlook.herald(order), isReachable);
  }
}
