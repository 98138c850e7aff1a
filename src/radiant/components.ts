/** The parts of a radiant, and how they are connected. */
import { groupsOf } from '../cluster/configuration.ts';
import type { Lifecycles } from '../cluster/lifecycles.ts';
import { isOut } from '../cluster/member-list.ts';
import { SeenReplicas } from '../cluster/seen.ts';
import type { Records } from '../storage/contract.ts';
import type { ShardBody } from '../wire/frames/frame.ts';
import type { ClusterId, OrderId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { GroupRecord } from '../wire/records/records.ts';
import { OWN } from './answers.ts';
import { Bondsmith } from './bondsmith/bondsmith.ts';
import { ClusterWatch } from './bondsmith/cluster-watch.ts';
import { BondsmithClient } from './bondsmith-client.ts';
import { Clock } from './clock.ts';
import { ConfigurationHolder } from './configuration-holder.ts';
import type { RadiantOptions } from './contract.ts';
import type { Effects } from './effects.ts';
import { nameOfShard } from './handover/plan.ts';
import { ShardTransferRouter } from './handover/shard-transfer-router.ts';
import { Replacements } from './membership/replacements.ts';
import { TargetMemberships } from './membership/target-memberships.ts';
import { Inbox } from './inbox.ts';
import { ConfigurationAdoption } from './membership/configuration-adoption.ts';
import { Founding } from './membership/founding.ts';
import { JoinAndLeave } from './membership/join-and-leave.ts';
import { ReplicaLifecycle } from './membership/replica-lifecycle.ts';
import { Announcer } from './neighbours/announcer.ts';
import { ClusterTopology } from './neighbours/cluster-topology.ts';
import { Connector } from './neighbours/connector.ts';
import { Handshake } from './neighbours/handshake.ts';
import { KnownMembers } from './neighbours/known-members.ts';
import { Liveness } from './neighbours/liveness.ts';
import { MemberLiveness } from './neighbours/member-liveness.ts';
import { Peers } from './neighbours/peers.ts';
import { ReplySender } from './neighbours/reply-sender.ts';
import { RetiredIdentities } from './neighbours/retired-identities.ts';
import { type Endpoint, Router } from './neighbours/router.ts';
import { SplitBrainDetector } from './neighbours/split-brain-detector.ts';
import type { LocalOrder } from './orders/local-order.ts';
import { LocalOrders } from './orders/local-orders.ts';
import { Refusals } from './refusals.ts';
import type { Remembered } from './remembered.ts';
import { remember } from './remembered.ts';
import { RequestRouter } from './request-router.ts';
import type { Self } from './self.ts';
import { Writer } from './writer.ts';

export interface ComponentsHooks {
  readonly lifecycles: Lifecycles;
  /** The radiant durably knows its cluster. */
  readonly onAssociated: () => void;
  /** People and clients would see something new. */
  readonly onViewChange: () => void;
  /** This boot remembers less than others have seen of it. */
  readonly onLost: (why: string) => void;
}

export class Components {
  readonly self: Self;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly writer: Writer;
  readonly refusals = new Refusals();
  readonly configuration: ConfigurationHolder;
  readonly topology: ClusterTopology;
  readonly retired: RetiredIdentities;
  readonly splitBrainDetector: SplitBrainDetector;
  readonly orders: LocalOrders;
  readonly founding: Founding;
  readonly joinAndLeave: JoinAndLeave;
  readonly targets: TargetMemberships;
  readonly bondsmith: Bondsmith;
  readonly announcer: Announcer;
  readonly requests: RequestRouter;
  readonly inbox: Inbox;
  readonly #options: RadiantOptions;
  readonly #hooks: ComponentsHooks;
  readonly #effects: Effects;
  /** Created first: what a replica needs reads it. Filled by `LocalOrders` alone. */
  readonly #byOrder = new Map<OrderId, LocalOrder>();
  readonly #seen = new SeenReplicas();
  readonly #router: Router;
  readonly #members: KnownMembers;
  readonly #handshake: Handshake;
  readonly #liveness: Liveness;
  readonly #memberLiveness: MemberLiveness;
  readonly #bondsmithClient: BondsmithClient;
  readonly #replies: ReplySender;
  readonly #handovers: ShardTransferRouter;
  readonly #replicaLifecycle: ReplicaLifecycle;
  readonly #configurationAdoption: ConfigurationAdoption;
  readonly #replacements: Replacements;
  readonly #connector: Connector;

  /** @throws {StorageLostError} `STORAGE_LOST` if the database is damaged */
  constructor(options: RadiantOptions, effects: Effects, hooks: ComponentsHooks) {
    const records = options.database.takeRecords();
    const remembered = remember(records);
    const replicas = this.#byOrder;
    this.#options = options;
    this.#hooks = hooks;
    this.#effects = effects;
    this.self = selfOf(options);
    this.clock = new Clock(options.environment);
    this.peers = new Peers(this.clock);
    this.writer = new Writer(effects, this.clock, records.keys());
    this.configuration = new ConfigurationHolder(this.writer, remembered.configuration);
    this.#router = new Router(this.self, this.peers, effects, this.refusals, () => this.cluster);
    this.#connector = new Connector(this.self, this.clock, this.peers, effects);
    this.#members = new KnownMembers(this.self, this.configuration, replicas, this.peers);
    this.retired = new RetiredIdentities(this.peers);
    const { self, clock, peers, configuration, retired } = this;
    const members = this.#members;
    this.topology = new ClusterTopology(self, peers, configuration, members, replicas, retired);
    const { topology } = this;
    const seen = this.#seen;
    this.#handshake = new Handshake({ self, peers, seen, configuration, members, replicas, onLost: this.#onLost });
    this.#liveness = new Liveness({ self, clock, peers, members, topology, retired, configuration, replicas });
    this.#memberLiveness = new MemberLiveness({ self, peers, members, topology, retired });
    this.splitBrainDetector = this.#makeSplitBrainDetector();
    this.#bondsmithClient = this.#makeBondsmithClient();
    this.#replies = new ReplySender(effects, this.#router, this.#bondsmithClient);
    this.#handovers = this.#makeHandovers();
    this.orders = this.#makeOrders();
    this.#replicaLifecycle = this.#makeReplicaLifecycle(remembered);
    this.#configurationAdoption = this.#makeConfigurationAdoption();
    this.founding = this.#makeFounding(remembered);
    this.joinAndLeave = this.#makeJoinAndLeave();
    this.#replacements = this.#makeReplacements();
    this.targets = new TargetMemberships(configuration, replicas);
    this.bondsmith = this.#makeBondsmith();
    this.announcer = this.#makeAnnouncer();
    this.requests = this.#makeRequests();
    this.inbox = this.#makeInbox();
    this.#open(remembered, records);
  }

  /** Undefined: not known yet. A founder knows it from the start. */
  get cluster(): ClusterId | undefined {
    return this.configuration.current?.cluster ?? this.founding.cluster;
  }

  tick(): void {
    const { silent, returned } = this.peers.sweep();
    for (const radiant of silent) this.inbox.lose(radiant);
    if (returned.length > 0) this.#onViewChange();
    this.#liveness.tick();
    this.#handovers.tick();
    this.writer.tick();
    this.orders.tick();
    this.founding.reconcile();
    this.#replicaLifecycle.reconcile();
    if (this.configuration.bondsmith === undefined) this.#replacements.reconcile();
    this.targets.reconcile();
    this.#bondsmithClient.tick();
    this.joinAndLeave.reconcile();
    this.#connector.reconcile(this.founding.sought());
    this.#connector.reconcile(this.#members.radiants());
  }

  /** Decides what an event left open. */
  settle(): void {
    this.bondsmith.reconcile();
    this.#configurationAdoption.reconcile();
  }

  /** This radiant stood still: nobody is blamed for silence meanwhile. */
  onClockGap(): void {
    this.peers.restartClocks();
    this.#replacements.onClockGap();
    this.#liveness.restart();
    this.orders.onClockGap();
    this.writer.restartClock();
  }

  /** The disk is full, or has room again: others hear of it at once. */
  noteDiskRoom(): void {
    this.orders.noteDiskRoom(!this.writer.isFull);
    this.announcer.changed();
  }

  /** Gives up the leadership of all orders, and answers everyone who waits for it. */
  resign(): void {
    this.orders.resign();
    this.bondsmith.reconcile();
  }

  /** To all neighbours, and to the members of orders behind relays. */
  sayGoodbye(): void {
    const others = new Set(this.#members.radiants());
    for (const { neighbour } of this.peers.links()) others.add(neighbour.radiant);
    others.delete(this.self.radiant);
    for (const receiver of others) {
      const body = { kind: 'goodbye' } as const;
      this.#router.send({ receiver, receiverBoot: undefined, group: undefined, urgency: 'urgent', body });
    }
  }

  /** What a replica that is out had flushed does not matter any longer. */
  #forgetGone(order: OrderId): void {
    const list = this.#members.latest(order);
    if (list !== undefined) this.#seen.forget(order, (replica) => isOut(list, replica));
  }

  #open({ configuration, seen, groups }: Remembered, records: Records): void {
    for (const sighting of seen) this.#seen.note(sighting);
    if (configuration !== undefined) {
      this.#hooks.onAssociated();
      for (const record of groups) {
        this.orders.open(record, configuration, records);
        this.#forgetGone(record.id);
      }
    }
    if (this.cluster !== undefined) this.#effects.push({ kind: 'associate', cluster: this.cluster });
  }

  readonly #onViewChange = (): void => this.#hooks.onViewChange();

  readonly #onLost = (why: string): void => this.#hooks.onLost(why);

  /** This radiant is a member of other orders than before. */
  readonly #onMemberships = (): void => {
    this.announcer.changed();
    this.#onViewChange();
  };

  /** A configuration is durable: this radiant opens its new replicas. */
  #onAdopted(births: readonly GroupRecord[], isFirst: boolean): void {
    const configuration = this.configuration.current;
    if (configuration === undefined) return;
    if (isFirst) this.#associate(configuration.cluster);
    const orders = new Set(groupsOf(configuration).map(({ id }) => id));
    this.#seen.keepOnly(orders);
    this.#members.keepOnly(orders);
    for (const id of this.#byOrder.keys()) if (!orders.has(id)) this.orders.close(id);
    for (const birth of births) this.orders.begin(birth);
    this.#configurationAdoption.spread(isFirst);
    if (isFirst || births.length > 0) this.announcer.changed();
    this.#connector.reconcile(this.#members.radiants());
    this.#onViewChange();
  }

  #associate(cluster: ClusterId): void {
    this.#hooks.onAssociated();
    if (this.founding.cluster === undefined) this.#effects.push({ kind: 'associate', cluster });
  }

  #makeSplitBrainDetector(): SplitBrainDetector {
    const { self, peers, configuration } = this;
    const [onViewChange, onLost] = [this.#onViewChange, this.#onLost];
    return new SplitBrainDetector({ self, peers, configuration, onViewChange, onLost });
  }

  #makeBondsmithClient(): BondsmithClient {
    const { self, clock, configuration } = this;
    return new BondsmithClient({
      self,
      clock,
      bondsmith: () => configuration.bondsmith,
      ask: (order, request) => this.requests.ask(order, request, OWN),
      onConfiguration: (answer) => this.inbox.learn(answer.configuration, this.cluster),
    });
  }

  #makeHandovers(): ShardTransferRouter {
    const { self, configuration, peers } = this;
    const [members, router] = [this.#members, this.#router];
    const deliver = (order: OrderId, sender: Endpoint, body: ShardBody): void =>
      this.#byOrder.get(order)?.receiveShard(sender, body);
    return new ShardTransferRouter({ self, configuration, members, peers, router, deliver });
  }

  #makeOrders(): LocalOrders {
    const { clock, configuration, writer, refusals, peers, topology } = this;
    const { environment, checkpointLogBytes = LIMITS.checkpointLogBytes } = this.#options;
    return new LocalOrders({
      byOrder: this.#byOrder,
      environment,
      checkpointLogBytes,
      clock,
      configuration,
      writer,
      seen: this.#seen,
      lifecycles: this.#hooks.lifecycles,
      refusals,
      router: this.#router,
      peers,
      members: this.#members,
      memberLiveness: this.#memberLiveness,
      topology,
      handshake: this.#handshake,
      handovers: this.#handovers,
      replies: this.#replies,
      reportInstalled: (order, shard) => {
        const name = `installed ${order} ${nameOfShard(shard)}`;
        this.#bondsmithClient.reconcile(name, { kind: 'installed', order, shard });
      },
      onStatusChange: (order) => {
        this.#forgetGone(order);
        this.#onMemberships();
      },
      onChange: this.#onViewChange,
    });
  }

  #makeReplicaLifecycle({ departed }: Remembered): ReplicaLifecycle {
    const { self, configuration, orders, writer } = this;
    const [members, handshake, seen] = [this.#members, this.#handshake, this.#seen];
    const [onMemberships, onLost] = [this.#onMemberships, this.#onLost];
    const options = { self, configuration, members, orders, handshake, seen, writer, onMemberships, onLost };
    return new ReplicaLifecycle(options, departed);
  }

  #makeConfigurationAdoption(): ConfigurationAdoption {
    const { self, configuration, peers, topology, orders, writer } = this;
    return new ConfigurationAdoption({
      self,
      configuration,
      peers,
      router: this.#router,
      handshake: this.#handshake,
      members: this.#members,
      topology,
      orders,
      writer,
      onAdopted: (births, isFirst) => this.#onAdopted(births, isFirst),
      onLost: this.#onLost,
    });
  }

  #makeFounding({ founding: record }: Remembered): Founding {
    const { self, configuration, peers } = this;
    const [options, configurationAdoption] = [this.#options, this.#configurationAdoption];
    return new Founding({ self, options, configuration, peers, configurationAdoption }, record);
  }

  #makeJoinAndLeave(): JoinAndLeave {
    const { self, configuration, orders } = this;
    return new JoinAndLeave({
      self,
      configuration,
      orders,
      members: this.#members,
      replicaLifecycle: this.#replicaLifecycle,
      bondsmithClient: this.#bondsmithClient,
      joins: this.#options.joins ?? true,
      onViewChange: this.#onViewChange,
    });
  }

  #makeReplacements(): Replacements {
    const { clock, peers, retired, topology } = this;
    const [orders, memberLiveness] = [this.#byOrder, this.#memberLiveness];
    return new Replacements({ clock, peers, memberLiveness, retired, orders, topology });
  }

  #makeBondsmith(): Bondsmith {
    const { self, clock, configuration, peers, topology } = this;
    const { environment } = this.#options;
    const [members, liveness, orders, replies] = [this.#members, this.#liveness, this.#byOrder, this.#replies];
    const watch = new ClusterWatch({ self, clock, peers, members, topology, liveness });
    const onViewChange = this.#onViewChange;
    const parts = { self, clock, environment, configuration, orders, topology, liveness, watch, replies };
    return new Bondsmith({ ...parts, onViewChange });
  }

  #makeAnnouncer(): Announcer {
    const { self, clock, peers, configuration, retired, founding, orders, writer } = this;
    const [router, seen, members, liveness] = [this.#router, this.#seen, this.#members, this.#liveness];
    const { isFounder } = founding;
    const rest = { isFounder, memberships: () => orders.memberships(), isDiskFull: () => writer.isFull };
    return new Announcer({ self, clock, peers, router, seen, configuration, members, retired, liveness, ...rest });
  }

  #makeRequests(): RequestRouter {
    const { self, peers, topology, configuration, bondsmith } = this;
    const [router, replies, orders] = [this.#router, this.#replies, this.#byOrder];
    const onHeraldLearned = this.#onViewChange;
    return new RequestRouter({
      self,
      peers,
      router,
      replies,
      topology,
      configuration,
      orders,
      bondsmith,
      onHeraldLearned,
    });
  }

  #makeInbox(): Inbox {
    const { peers, configuration, refusals, orders, splitBrainDetector, founding, announcer, requests } = this;
    return new Inbox({
      effects: this.#effects,
      peers,
      configuration,
      router: this.#router,
      refusals,
      orders,
      members: this.#members,
      replicaLifecycle: this.#replicaLifecycle,
      splitBrainDetector,
      handshake: this.#handshake,
      founding,
      configurationAdoption: this.#configurationAdoption,
      announcer,
      requests,
      handovers: this.#handovers,
      onMembers: (order) => {
        this.#forgetGone(order);
        this.#onViewChange();
      },
      onViewChange: this.#onViewChange,
    });
  }
}

function selfOf({ database, durable, role }: RadiantOptions): Self {
  const { radiant, boot, device, startCounter } = database;
  const clientOnly = role === 'client';
  return { radiant, boot, device, startCounter, durable: durable && !clientOnly, clientOnly };
}
