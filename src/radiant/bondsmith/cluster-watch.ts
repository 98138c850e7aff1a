/** Collects the bondsmith's observations of radiants and orders, on which placement decides. */
import { type ClusterFacts, type OrderFacts, type RadiantFacts, orderFacts } from '../../cluster/cluster-facts.ts';
import type { Configuration, Order, Participant } from '../../wire/configuration/configuration.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import type { KnownMembers } from '../neighbours/known-members.ts';
import type { PresenceTracker } from '../neighbours/presence-tracker.ts';
import type { ClusterTopology } from '../neighbours/cluster-topology.ts';
import type { Peers } from '../neighbours/peers.ts';
import type { Clock } from '../clock.ts';
import type { Identity } from '../identity.ts';

interface ClusterWatchOptions {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly members: KnownMembers;
  readonly topology: ClusterTopology;
  readonly presenceTracker: PresenceTracker;
}

export class ClusterWatch {
  readonly #options: ClusterWatchOptions;

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
  }

  observe(configuration: Configuration): ClusterFacts {
    const radiants = new Map<RadiantId, RadiantFacts>();
    for (const participant of this.#options.presenceTracker.everyone(configuration).values()) {
      radiants.set(participant.radiant, this.#factsOf(participant));
    }
    const orders = new Map(configuration.orders.map((order) => [order.id, this.#factsOfOrder(order)]));
    return { radiants, orders, times: this.#options.clock.times.membership };
  }

  #factsOf({ radiant, device }: Participant): RadiantFacts {
    const { identity, peers, presenceTracker } = this.#options;
    const said = peers.peer(radiant)?.presence;
    const durable = radiant === identity.radiant ? identity.durable : said?.durable;
    // The own disk is not checked, because a bondsmith with a full disk decides nothing.
    const diskFull = said?.diskFull === true;
    return { radiant, device, durable, diskFull, presence: presenceTracker.presenceOf(radiant) };
  }

  #factsOfOrder(order: Order): OrderFacts {
    const { members, topology } = this.#options;
    const isReachable = (radiant: RadiantId) => topology.isReachable(radiant);
    return orderFacts(order, members.latest(order.id), topology.herald(order), isReachable);
  }
}
