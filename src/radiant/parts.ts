/** What a radiant is made of, put together. */
import { groupsOf } from '../cluster/configuration.ts';
import type { Lifecycles } from '../cluster/lifecycles.ts';
import { isOut } from '../cluster/member-list.ts';
import { SeenReplicas } from '../cluster/seen.ts';
import type { Records } from '../storage/contract.ts';
import type { ClusterId, OrderId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { GroupRecord } from '../wire/records/records.ts';
import { OWN } from './answers.ts';
import { Announcer } from './neighbours/announcer.ts';
import { MemberLiveness } from './herald/member-liveness.ts';
import { JoinAndLeave } from './membership/join-and-leave.ts';
import { Bondsmith } from './bondsmith/bondsmith.ts';
import { Clock } from './clock.ts';
import { ConfigurationHolder } from './configuration-holder.ts';
import { Connector } from './neighbours/connector.ts';
import type { RadiantOptions } from './contract.ts';
import type { Effects } from './effects.ts';
import { ReplicaLifecycle } from './membership/replica-lifecycle.ts';
import { Founding } from './membership/founding.ts';
import { Groups } from './replica/groups.ts';
import { ShardTransferRouter } from './handover/shard-transfer-router.ts';
import type { OwnPlace } from './neighbours/handshake.ts';
import { Handshake } from './neighbours/handshake.ts';
import { Inbox } from './inbox.ts';
import { KnownMembers } from './neighbours/known-members.ts';
import { Liveness } from './neighbours/liveness.ts';
import { SplitBrainDetector } from './neighbours/split-brain-detector.ts';
import { ClusterTopology } from './neighbours/cluster-topology.ts';
import { OwnRequests } from './membership/own-requests.ts';
import { Peers } from './neighbours/peers.ts';
import { Refusals } from './refusals.ts';
import type { Remembered } from './remembered.ts';
import { remember } from './remembered.ts';
import { Replacements } from './herald/replacements.ts';
import { RetiredIdentities } from './neighbours/retired-identities.ts';
import { Requests } from './requests.ts';
import { Router } from './neighbours/router.ts';
import { ConfigurationAdoption } from './membership/configuration-adoption.ts';
import type { Self } from './self.ts';
import { TargetMemberships } from './herald/target-memberships.ts';
import { Writer } from './writer.ts';

export interface PartsHooks {
  readonly lifecycles: Lifecycles;
  /** It knows durably which cluster it belongs to. */
  readonly onAssociated: () => void;
  /** Something that people and clients see changed. */
  readonly onViewChange: () => void;
  /** This boot remembers less than others have seen of it. */
  readonly onLost: (why: string) => void;
}

export class Parts {
  readonly options: RadiantOptions;
  readonly self: Self;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly writer: Writer;
  readonly refusals = new Refusals();
  readonly seen = new SeenReplicas();
  readonly configuration: ConfigurationHolder;
  readonly router: Router;
  readonly groups: Groups;
  readonly members: KnownMembers;
  readonly topology: ClusterTopology;
  readonly handshake: Handshake;
  readonly configurationAdoption: ConfigurationAdoption;
  readonly founding: Founding;
  readonly replicaLifecycle: ReplicaLifecycle;
  readonly splitBrainDetector: SplitBrainDetector;
  readonly retired: RetiredIdentities;
  readonly liveness: Liveness;
  readonly memberLiveness: MemberLiveness;
  readonly replacements: Replacements;
  readonly targets: TargetMemberships;
  readonly bondsmith: Bondsmith;
  readonly announcer: Announcer;
  readonly ownRequests: OwnRequests;
  readonly joinAndLeave: JoinAndLeave;
  readonly requests: Requests;
  readonly handovers: ShardTransferRouter;
  readonly inbox: Inbox;
  readonly connector: Connector;
  readonly effects: Effects;
  readonly #hooks: PartsHooks;

  /** @throws {StorageLostError} `STORAGE_LOST` where what it should remember is damaged */
  constructor(options: RadiantOptions, effects: Effects, hooks: PartsHooks) {
    const { environment, database } = options;
    const { radiant, boot, device, startCounter } = database;
    const records = database.takeRecords();
    const remembered = remember(records);
    this.options = options;
    this.effects = effects;
    this.#hooks = hooks;
    const clientOnly = options.role === 'client';
    this.self = { radiant, boot, device, startCounter, durable: options.durable && !clientOnly, clientOnly };
    this.clock = new Clock(environment);
    this.peers = new Peers(this.clock);
    this.writer = new Writer(effects, this.clock, records.keys());
    this.configuration = new ConfigurationHolder(this.writer, remembered.configuration);
    this.router = new Router(this.self, this.peers, effects, this.refusals, () => this.cluster);
    this.groups = this.#makeGroups();
    this.members = new KnownMembers(this.self, this.configuration, this.groups.byOrder, this.peers);
    this.retired = new RetiredIdentities(this.peers);
    this.topology = new ClusterTopology(this.self, this.peers, this.members, this.groups.byOrder, this.retired);
    this.handshake = this.#makeHandshake();
    this.replicaLifecycle = new ReplicaLifecycle(this, remembered.departed);
    this.splitBrainDetector = new SplitBrainDetector(this);
    this.configurationAdoption = new ConfigurationAdoption(this);
    this.founding = new Founding(this, remembered.founding);
    this.liveness = new Liveness(this);
    this.memberLiveness = new MemberLiveness(this);
    this.replacements = new Replacements(this);
    this.targets = new TargetMemberships(this.configuration, this.groups.byOrder);
    this.bondsmith = new Bondsmith(this);
    this.announcer = this.#makeAnnouncer();
    this.ownRequests = this.#makeOwnRequests();
    this.joinAndLeave = new JoinAndLeave(this);
    this.requests = this.#makeRequests();
    this.handovers = new ShardTransferRouter(this);
    this.inbox = new Inbox(this);
    this.connector = new Connector(this.self, this.clock, this.peers, effects);
    this.#takeUp(remembered, records);
  }

  /** Undefined: not known yet. A founder knows it from the start. */
  get cluster(): ClusterId | undefined {
    return this.configuration.current?.cluster ?? this.founding.cluster;
  }

  tick(): void {
    const { silent, returned } = this.peers.sweep();
    for (const radiant of silent) this.inbox.lose(radiant);
    if (returned.length > 0) this.onViewChange();
    this.liveness.tick();
    this.handovers.tick();
    this.writer.tick();
    this.groups.tick();
    this.founding.reconcile();
    this.replicaLifecycle.reconcile();
    if (this.configuration.bondsmith === undefined) this.replacements.reconcile();
    this.targets.reconcile();
    this.ownRequests.tick();
    this.joinAndLeave.reconcile();
    this.connector.reconcile(this.founding.sought());
    this.connector.reconcile(this.members.radiants());
  }

  /** What an event left to be decided, once all of it is known. */
  settle(): void {
    this.bondsmith.reconcile();
    this.configurationAdoption.reconcile();
  }

  /** This radiant stood still: nobody is blamed for silence meanwhile. */
  restartClocks(): void {
    this.peers.restartClocks();
    this.replacements.restartClocks();
    this.liveness.restart();
    this.groups.restartClocks();
    this.writer.restartClock();
  }

  /** The disk is full, or has room again: others hear of it at once. */
  noteDiskRoom(): void {
    this.groups.noteDiskRoom(!this.writer.isFull);
    this.announcer.changed();
  }

  /** Gives up every order that this radiant leads, and answers all who wait for it here. */
  resign(): void {
    this.groups.resign();
    this.bondsmith.reconcile();
  }

  /** To all neighbours, and to those of its orders that it reaches over relays. */
  sayGoodbye(): void {
    const others = new Set(this.members.radiants());
    for (const { neighbour } of this.peers.links()) others.add(neighbour.radiant);
    others.delete(this.self.radiant);
    for (const receiver of others) {
      const body = { kind: 'goodbye' } as const;
      this.router.send({ receiver, receiverBoot: undefined, group: undefined, urgency: 'urgent', body });
    }
  }

  /** Whoever is out of an order: what it had flushed does not matter any more. */
  #forgetGone(order: OrderId): void {
    const list = this.members.latest(order);
    if (list !== undefined) this.seen.forget(order, (replica) => isOut(list, replica));
  }

  #takeUp({ configuration, seen, groups }: Remembered, records: Records): void {
    for (const sighting of seen) this.seen.note(sighting);
    if (configuration !== undefined) {
      this.#hooks.onAssociated();
      for (const record of groups) {
        this.groups.open(record, configuration, records);
        this.#forgetGone(record.id);
      }
    }
    if (this.cluster !== undefined) this.effects.push({ kind: 'associate', cluster: this.cluster });
  }

  onViewChange(): void {
    this.#hooks.onViewChange();
  }

  onLost(why: string): void {
    this.#hooks.onLost(why);
  }

  /** Others belong to this order now than before. */
  onMembers(order: OrderId): void {
    this.#forgetGone(order);
    this.onViewChange();
  }

  /** It is a member of other orders now than before. */
  onMemberships(): void {
    this.announcer.changed();
    this.onViewChange();
  }

  /** A configuration is durable here: this radiant takes its new places in it. */
  onAdopted(births: readonly GroupRecord[], isFirst: boolean): void {
    const configuration = this.configuration.current;
    if (configuration === undefined) return;
    if (isFirst) this.#associate(configuration.cluster);
    const orders = new Set(groupsOf(configuration).map(({ id }) => id));
    this.seen.keepOnly(orders);
    this.members.keepOnly(orders);
    for (const id of this.groups.byOrder.keys()) if (!orders.has(id)) this.groups.close(id);
    for (const birth of births) this.groups.open(birth, configuration, NO_RECORDS);
    this.configurationAdoption.spread(isFirst);
    if (isFirst || births.length > 0) this.announcer.changed();
    this.connector.reconcile(this.members.radiants());
    this.onViewChange();
  }

  #associate(cluster: ClusterId): void {
    this.#hooks.onAssociated();
    if (this.founding.cluster === undefined) this.effects.push({ kind: 'associate', cluster });
  }

  #makeGroups(): Groups {
    return new Groups({
      environment: this.options.environment,
      configuration: this.configuration,
      clock: this.clock,
      writer: this.writer,
      seen: this.seen,
      router: this.router,
      refusals: this.refusals,
      checkpointLogBytes: this.options.checkpointLogBytes ?? LIMITS.checkpointLogBytes,
      peers: this.peers,
      handshake: () => this.handshake,
      handovers: () => this.handovers,
      bondsmith: () => this.bondsmith,
      lifecycles: this.#hooks.lifecycles,
      answerFor: (order) => (asked, answer) => this.requests.answer(asked, answer, order),
      members: () => this.members,
      memberLiveness: () => this.memberLiveness,
      missingQuorum: (order) => this.missingQuorum(order),
      onStatusChange: (order) => {
        this.#forgetGone(order);
        this.onMemberships();
      },
      onChange: () => this.onViewChange(),
    });
  }

  /** Why no majority of an order can be reached, or undefined where one can. */
  missingQuorum(id: OrderId): string | undefined {
    const order = this.configuration.group(id);
    return order === undefined ? undefined : this.topology.missingQuorum(order);
  }

  #makeHandshake(): Handshake {
    const { self, peers, seen, configuration, members } = this;
    const own = (order: OrderId) => this.#placeIn(order);
    return new Handshake({ self, peers, seen, configuration, members, own, onLost: (why) => this.onLost(why) });
  }

  #placeIn(order: OrderId): OwnPlace | undefined {
    const group = this.groups.byOrder.get(order);
    if (group !== undefined) return { kind: 'member', replica: group.record.replica, atStart: group.atStart };
    return this.replicaLifecycle.hasDeparted(order) ? { kind: 'departed' } : undefined;
  }

  #makeAnnouncer(): Announcer {
    const { self, clock, peers, router, seen, configuration, members, retired, liveness } = this;
    const { isFounder } = this.founding;
    const rest = { isFounder, memberships: () => this.groups.memberships(), isDiskFull: () => this.writer.isFull };
    return new Announcer({ self, clock, peers, router, seen, configuration, members, retired, liveness, ...rest });
  }

  #makeOwnRequests(): OwnRequests {
    const { self, clock } = this;
    return new OwnRequests({
      self,
      clock,
      bondsmith: () => this.configuration.current?.bondsmith,
      ask: (order, request) => this.requests.ask(order, request, OWN),
      onConfiguration: ({ configuration }) => this.inbox.learn(configuration, this.cluster),
    });
  }

  #makeRequests(): Requests {
    const { self, router, peers, topology, configuration, ownRequests: own } = this;
    const effects = this.effects;
    const groups = this.groups.byOrder;
    const onHeraldLearned = () => this.onViewChange();
    return new Requests({ self, effects, router, peers, topology, configuration, groups, own, onHeraldLearned });
  }
}

const NO_RECORDS: Records = new Map();
