/** The parts of a radiant, and how they are connected. */
import { groupsOf } from '../cluster/configuration.ts';
import type { Lifecycles } from '../cluster/lifecycle.ts';
import { isOut } from '../cluster/member-list.ts';
import { SeenReplicas } from '../cluster/seen-replicas.ts';
import type { Records } from '../storage/contract.ts';
import type { ShardBody } from '../wire/frames/frame.ts';
import type { ClusterId, OrderId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { GroupRecord } from '../wire/records/records.ts';
import { THIS_RADIANT } from './replies.ts';
import { Bondsmith } from './bondsmith/bondsmith.ts';
import { ClusterWatch } from './bondsmith/cluster-watch.ts';
import { BondsmithClient } from './bondsmith-client.ts';
import { Changes } from './changes.ts';
import { Clock } from './clock.ts';
import { ConfigurationHolder } from './configuration-holder.ts';
import type { RadiantOptions } from './contract.ts';
import type { EffectQueue } from './event.ts';
import { nameOfShard } from './handover/handover-plan.ts';
import { ShardTransferRouter } from './handover/shard-transfer-router.ts';
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
import { PresenceTracker } from './neighbours/presence-tracker.ts';
import { MemberLiveness } from './neighbours/member-liveness.ts';
import { Peers } from './neighbours/peers.ts';
import { ReplySender } from './neighbours/reply-sender.ts';
import { RetiredIdentities } from './neighbours/retired-identities.ts';
import { type Endpoint, Router } from './neighbours/router.ts';
import { SplitBrainDetector } from './neighbours/split-brain-detector.ts';
import type { LocalOrder } from './orders/local-order.ts';
import { LocalOrders } from './orders/local-orders.ts';
import { InputErrors } from './input-errors.ts';
import type { RecoveredRecords } from './recovery.ts';
import { recover } from './recovery.ts';
import { RequestRouter } from './request-router.ts';
import type { Identity } from './identity.ts';
import { Writer } from './writer.ts';

interface ComponentsHooks {
  readonly lifecycles: Lifecycles;
  /** The radiant durably knows its cluster. */
  readonly onAssociated: () => void;
  /** People and clients would see something new. */
  readonly onViewChange: () => void;
  /** This boot remembers less than others have seen of it. */
  readonly onLost: (why: string) => void;
}

export class Components {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly changes = new Changes();
  readonly peers: Peers;
  readonly writer: Writer;
  readonly inputErrors = new InputErrors();
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
  readonly #effects: EffectQueue;
  /** The directory of replicas. It exists before its readers. Only `LocalOrders` fills it. */
  readonly #byOrder = new Map<OrderId, LocalOrder>();
  readonly #seen = new SeenReplicas();
  readonly #router: Router;
  readonly #members: KnownMembers;
  readonly #handshake: Handshake;
  readonly #presenceTracker: PresenceTracker;
  readonly #memberLiveness: MemberLiveness;
  readonly #bondsmithClient: BondsmithClient;
  readonly #replies: ReplySender;
  readonly #handovers: ShardTransferRouter;
  readonly #replicaLifecycle: ReplicaLifecycle;
  readonly #configurationAdoption: ConfigurationAdoption;
  readonly #connector: Connector;

  /** @throws {StorageLostError} `STORAGE_LOST` if the database is damaged */
  constructor(options: RadiantOptions, effects: EffectQueue, hooks: ComponentsHooks) {
    const records = options.database.takeRecords();
    const recovered = recover(records);
    const replicas = this.#byOrder;
    this.#options = options;
    this.#hooks = hooks;
    this.#effects = effects;
    this.identity = identityOf(options);
    this.clock = new Clock(options.environment);
    this.peers = new Peers(this.clock, this.changes);
    this.writer = new Writer(effects, this.clock, records.keys());
    this.configuration = new ConfigurationHolder(this.writer, recovered.configuration);
    this.#router = new Router(this.identity, this.peers, effects, this.inputErrors);
    this.#connector = new Connector(this.identity, this.clock, this.peers, effects);
    this.#members = new KnownMembers(this.identity, this.configuration, replicas, this.peers);
    this.retired = new RetiredIdentities(this.peers);
    const { identity, clock, changes, peers, configuration, retired } = this;
    const members = this.#members;
    this.topology = new ClusterTopology(identity, peers, configuration, members, replicas, retired);
    const { topology } = this;
    const seen = this.#seen;
    this.#handshake = new Handshake({
      identity,
      changes,
      peers,
      seen,
      configuration,
      members,
      replicas,
      onLost: this.#onLost,
    });
    this.#presenceTracker = new PresenceTracker({
      identity,
      clock,
      peers,
      members,
      topology,
      retired,
      configuration,
      replicas,
    });
    this.#memberLiveness = new MemberLiveness({ identity, peers, members, topology, retired });
    this.splitBrainDetector = this.#makeSplitBrainDetector();
    this.#bondsmithClient = this.#makeBondsmithClient();
    this.#replies = new ReplySender(effects, this.#router, this.#bondsmithClient);
    this.#handovers = this.#makeHandovers();
    this.orders = this.#makeOrders();
    this.#replicaLifecycle = this.#makeReplicaLifecycle(recovered);
    this.#configurationAdoption = this.#makeConfigurationAdoption();
    this.founding = this.#makeFounding(recovered);
    this.joinAndLeave = this.#makeJoinAndLeave();
    this.targets = new TargetMemberships(configuration, replicas);
    this.bondsmith = this.#makeBondsmith();
    this.announcer = this.#makeAnnouncer();
    this.requests = this.#makeRequests();
    this.inbox = this.#makeInbox();
    this.#open(recovered, records);
  }

  /** Undefined if unknown. A founder knows it from the start. */
  get cluster(): ClusterId | undefined {
    return this.#router.cluster;
  }

  tick(): void {
    this.changes.note();
    const { silent, returned } = this.peers.sweep();
    for (const radiant of silent) this.inbox.lose(radiant);
    if (returned.length > 0) this.#onViewChange();
    this.#presenceTracker.tick();
    this.#handovers.tick();
    this.writer.tick();
    this.orders.tick();
    this.bondsmith.tick();
    this.founding.reconcile();
    this.#replicaLifecycle.reconcile();
    this.targets.reconcile();
    this.#bondsmithClient.tick();
    this.joinAndLeave.reconcile();
    this.announcer.tick();
    this.#connector.reconcile(this.founding.sought());
    this.#connector.reconcile(this.#members.radiants());
  }

  /** Decides what a change left open. */
  reconcile(): void {
    this.bondsmith.reconcile();
    this.#configurationAdoption.reconcile();
  }

  /** The tick is late by an unknown time, so everything that depends on clocks is void. */
  onLateTick(): void {
    this.changes.note();
    this.orders.onLateTick();
  }

  onClockGap(): void {
    this.peers.onClockGap();
    this.#presenceTracker.restart();
    this.orders.onClockGap();
    this.writer.restartClock();
  }

  /** Tells the other radiants at once that this disk is full, or has room again. */
  noteDiskRoom(): void {
    this.changes.note();
    this.orders.noteDiskRoom(!this.writer.isFull);
    this.announcer.changed();
  }

  /** Gives up the leadership of all orders, and answers everyone who waits for it. */
  resign(): void {
    this.orders.resign();
    this.bondsmith.reconcile();
  }

  /** Says goodbye to all neighbours, and to members of orders behind relays. */
  sayGoodbye(): void {
    const others = new Set(this.#members.radiants());
    for (const { neighbour } of this.peers.links()) others.add(neighbour.radiant);
    others.delete(this.identity.radiant);
    for (const receiver of others) {
      const body = { kind: 'goodbye' } as const;
      this.#router.send({ receiver, receiverBoot: undefined, group: undefined, urgency: 'urgent', body });
    }
  }

  /** Forgets the flushed positions of replicas that are out of the order. */
  #forgetGone(order: OrderId): void {
    const list = this.#members.latest(order);
    if (list !== undefined) this.#seen.forget(order, (replica) => isOut(list, replica));
  }

  #open({ configuration, seen, groups }: RecoveredRecords, records: Records): void {
    for (const sighting of seen) this.#seen.note(sighting);
    this.#router.cluster = configuration?.cluster ?? this.founding.cluster;
    if (configuration !== undefined) {
      this.#hooks.onAssociated();
      for (const record of groups) {
        this.orders.open(record, configuration, records);
        this.#forgetGone(record.id);
      }
    }
    if (this.cluster !== undefined) this.#effects.push({ kind: 'associate', cluster: this.cluster });
  }

  readonly #onViewChange = (): void => {
    this.changes.note();
    this.#hooks.onViewChange();
  };

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
    this.#router.cluster = cluster;
    if (this.founding.cluster === undefined) this.#effects.push({ kind: 'associate', cluster });
  }

  #makeSplitBrainDetector(): SplitBrainDetector {
    const { identity, peers, configuration } = this;
    const [onViewChange, onLost] = [this.#onViewChange, this.#onLost];
    return new SplitBrainDetector({ identity, peers, configuration, onViewChange, onLost });
  }

  #makeBondsmithClient(): BondsmithClient {
    const { identity, clock, configuration } = this;
    return new BondsmithClient({
      identity,
      clock,
      bondsmith: () => configuration.bondsmith,
      ask: (order, request) => this.requests.ask(order, request, THIS_RADIANT),
      onConfiguration: (answer) => this.inbox.learn(answer.configuration, this.cluster),
    });
  }

  #makeHandovers(): ShardTransferRouter {
    const { identity, configuration, peers } = this;
    const [members, router] = [this.#members, this.#router];
    const deliver = (order: OrderId, sender: Endpoint, body: ShardBody): void =>
      this.#byOrder.get(order)?.receiveShard(sender, body);
    return new ShardTransferRouter({ identity, configuration, members, peers, router, deliver });
  }

  #makeOrders(): LocalOrders {
    const { clock, changes, configuration, writer, inputErrors, peers, topology } = this;
    const { environment, checkpointLogBytes = LIMITS.checkpointLogBytes } = this.#options;
    return new LocalOrders({
      byOrder: this.#byOrder,
      environment,
      checkpointLogBytes,
      clock,
      changes,
      configuration,
      writer,
      seen: this.#seen,
      lifecycles: this.#hooks.lifecycles,
      inputErrors,
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

  #makeReplicaLifecycle({ departed }: RecoveredRecords): ReplicaLifecycle {
    const { identity, configuration, orders, writer } = this;
    const [members, handshake, seen] = [this.#members, this.#handshake, this.#seen];
    const [onMemberships, onLost] = [this.#onMemberships, this.#onLost];
    const options = { identity, configuration, members, orders, handshake, seen, writer, onMemberships, onLost };
    return new ReplicaLifecycle(options, departed);
  }

  #makeConfigurationAdoption(): ConfigurationAdoption {
    const { identity, clock, configuration, peers, topology, orders, writer } = this;
    return new ConfigurationAdoption({
      identity,
      clock,
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

  #makeFounding({ founding: record }: RecoveredRecords): Founding {
    const { identity, clock, configuration, peers } = this;
    const [options, configurationAdoption] = [this.#options, this.#configurationAdoption];
    return new Founding({ identity, clock, options, configuration, peers, configurationAdoption }, record);
  }

  #makeJoinAndLeave(): JoinAndLeave {
    const { identity, configuration, orders } = this;
    return new JoinAndLeave({
      identity,
      configuration,
      orders,
      members: this.#members,
      replicaLifecycle: this.#replicaLifecycle,
      bondsmithClient: this.#bondsmithClient,
      joins: this.#options.joins ?? true,
      onViewChange: this.#onViewChange,
    });
  }

  #makeBondsmith(): Bondsmith {
    const { identity, clock, changes, configuration, peers, topology } = this;
    const { environment } = this.#options;
    const [members, presenceTracker, orders, replies] = [
      this.#members,
      this.#presenceTracker,
      this.#byOrder,
      this.#replies,
    ];
    const watch = new ClusterWatch({ identity, clock, peers, members, topology, presenceTracker });
    const onViewChange = this.#onViewChange;
    const parts = { identity, clock, changes, environment, configuration, orders, topology, presenceTracker };
    return new Bondsmith({ ...parts, watch, replies, onViewChange });
  }

  #makeAnnouncer(): Announcer {
    const { identity, clock, peers, configuration, retired, founding, orders, writer } = this;
    const [router, seen, members, presenceTracker] = [this.#router, this.#seen, this.#members, this.#presenceTracker];
    const { isFounder } = founding;
    const rest = { isFounder, memberships: () => orders.memberships(), isDiskFull: () => writer.isFull };
    return new Announcer({
      identity,
      clock,
      peers,
      router,
      seen,
      configuration,
      members,
      retired,
      presenceTracker,
      ...rest,
    });
  }

  #makeRequests(): RequestRouter {
    const { identity, peers, topology, configuration, bondsmith } = this;
    const [router, replies, orders] = [this.#router, this.#replies, this.#byOrder];
    const onHeraldLearned = this.#onViewChange;
    return new RequestRouter({
      identity,
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
    const { peers, changes, configuration, inputErrors, orders, splitBrainDetector, founding, announcer } = this;
    const { requests } = this;
    return new Inbox({
      changes,
      effects: this.#effects,
      peers,
      configuration,
      router: this.#router,
      inputErrors,
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

function identityOf({ database, durable, role }: RadiantOptions): Identity {
  const { radiant, boot, device, startCounter } = database;
  const clientOnly = role === 'client';
  return { radiant, boot, device, startCounter, durable: durable && !clientOnly, clientOnly };
}
