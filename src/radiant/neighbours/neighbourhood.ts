/** The parts of a radiant that deal with other radiants, and their connections. */
import { isOut } from '../../cluster/member-list.ts';
import { SeenReplicas } from '../../cluster/seen-replicas.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { Changes } from '../changes.ts';
import type { Clock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { EffectQueue } from '../event.ts';
import type { Identity } from '../identity.ts';
import type { InputErrors } from '../input-errors.ts';
import type { Writer } from '../writer.ts';
import { Announcer } from './announcer.ts';
import { ClusterTopology } from './cluster-topology.ts';
import { Connector } from './connector.ts';
import { Handshake } from './handshake.ts';
import { KnownMembers } from './known-members.ts';
import { MemberLiveness } from './member-liveness.ts';
import { Peers } from './peers.ts';
import { PresenceTracker } from './presence-tracker.ts';
import type { ReplicaDirectory } from './replica-directory.ts';
import { RetiredIdentities } from './retired-identities.ts';
import { Router } from './router.ts';
import { SplitBrainDetector } from './split-brain-detector.ts';

interface NeighbourhoodOptions {
  readonly identity: Identity;
  readonly isFounder: boolean;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly effects: EffectQueue;
  readonly inputErrors: InputErrors;
  readonly writer: Writer;
  readonly configuration: ConfigurationHolder;
  readonly replicas: ReplicaDirectory;
  readonly onViewChange: () => void;
  /** Called when this boot remembers less than peers have seen of it. */
  readonly onLost: (why: string) => void;
}

export class Neighbourhood {
  readonly seen = new SeenReplicas();
  readonly peers: Peers;
  readonly router: Router;
  readonly connector: Connector;
  readonly members: KnownMembers;
  readonly retired: RetiredIdentities;
  readonly topology: ClusterTopology;
  readonly handshake: Handshake;
  readonly presenceTracker: PresenceTracker;
  readonly memberLiveness: MemberLiveness;
  readonly splitBrainDetector: SplitBrainDetector;
  readonly announcer: Announcer;
  readonly #identity: Identity;

  constructor(options: NeighbourhoodOptions) {
    const { identity, isFounder, clock, changes, effects, inputErrors, writer, configuration, replicas } = options;
    const { onViewChange, onLost } = options;
    const { seen } = this;
    const peers = new Peers(clock, changes);
    const router = new Router(identity, peers, effects, inputErrors);
    const members = new KnownMembers(identity, configuration, replicas, peers);
    const retired = new RetiredIdentities(peers);
    const topology = new ClusterTopology(identity, peers, configuration, members, replicas, retired);
    const known = { identity, clock, peers, members, topology, retired, configuration };
    const presenceTracker = new PresenceTracker({ ...known, replicas });
    this.#identity = identity;
    this.peers = peers;
    this.router = router;
    this.members = members;
    this.retired = retired;
    this.topology = topology;
    this.presenceTracker = presenceTracker;
    this.connector = new Connector(identity, clock, peers, effects);
    this.handshake = new Handshake({ identity, changes, peers, seen, configuration, members, replicas, onLost });
    this.memberLiveness = new MemberLiveness(known);
    this.splitBrainDetector = new SplitBrainDetector({ identity, peers, configuration, onViewChange, onLost });
    const memberships = () => [...replicas.values()].map((replica) => replica.membership());
    const own = { router, seen, presenceTracker, isFounder, memberships, isDiskFull: () => writer.isFull };
    this.announcer = new Announcer({ ...known, ...own });
  }

  onClockGap(): void {
    this.peers.onClockGap();
    this.presenceTracker.restart();
  }

  /** Forgets the flushed positions of replicas that were removed from the order. */
  forgetGone(order: OrderId): void {
    const list = this.members.latest(order);
    if (list !== undefined) this.seen.forget(order, (replica) => isOut(list, replica));
  }

  /** Forgets the members and sightings of all other orders. */
  keepOnly(orders: ReadonlySet<OrderId>): void {
    this.seen.keepOnly(orders);
    this.members.keepOnly(orders);
  }

  /** Says goodbye to all neighbours, and to members of orders behind relays. */
  sayGoodbye(): void {
    const others = new Set(this.members.radiants());
    for (const { neighbour } of this.peers.links()) others.add(neighbour.radiant);
    others.delete(this.#identity.radiant);
    for (const receiver of others) {
      const body = { kind: 'goodbye' } as const;
      this.router.send({ receiver, receiverBoot: undefined, group: undefined, urgency: 'urgent', body });
    }
  }
}
