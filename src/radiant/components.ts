/** The parts of a radiant and their connections. */
import type { Lifecycles } from '../cluster/lifecycle.ts';
import type { Records } from '../storage/contract.ts';
import type { ShardBody } from '../wire/frames/frame.ts';
import type { ClusterId, OrderId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
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
import { Inbox } from './inbox.ts';
import { Memberships } from './membership/memberships.ts';
import { Neighbourhood } from './neighbours/neighbourhood.ts';
import { ReplySender } from './neighbours/reply-sender.ts';
import type { Endpoint } from './neighbours/router.ts';
import type { LocalOrder } from './orders/local-order.ts';
import { LocalOrders } from './orders/local-orders.ts';
import { InputErrors } from './input-errors.ts';
import type { RecoveredRecords } from './recovery.ts';
import { recover } from './recovery.ts';
import { RequestRouter } from './request-router.ts';
import { type Identity, identityOf } from './identity.ts';
import { TransactionSettler } from './transaction-settler.ts';
import { Writer } from './writer.ts';

interface ComponentsHooks {
  readonly lifecycles: Lifecycles;
  /** Called when the radiant durably knows its cluster. */
  readonly onAssociated: () => void;
  /** Called when the view of the radiant has changed. */
  readonly onViewChange: () => void;
  /** Called when this boot remembers less than peers have seen of it. */
  readonly onLost: (why: string) => void;
}

export class Components {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly changes = new Changes();
  readonly writer: Writer;
  readonly inputErrors = new InputErrors();
  readonly configuration: ConfigurationHolder;
  readonly neighbourhood: Neighbourhood;
  readonly orders: LocalOrders;
  readonly memberships: Memberships;
  readonly bondsmith: Bondsmith;
  readonly requests: RequestRouter;
  readonly inbox: Inbox;
  readonly #options: RadiantOptions;
  readonly #hooks: ComponentsHooks;
  readonly #effects: EffectQueue;
  /** The replicas by order. The map exists before its readers. Only `LocalOrders` fills it. */
  readonly #byOrder = new Map<OrderId, LocalOrder>();
  readonly #bondsmithClient: BondsmithClient;
  readonly #transactionSettler: TransactionSettler;
  readonly #replies: ReplySender;
  readonly #handovers: ShardTransferRouter;

  /** @throws {StorageLostError} `STORAGE_LOST` if the database is damaged */
  constructor(options: RadiantOptions, effects: EffectQueue, hooks: ComponentsHooks) {
    const records = options.database.takeRecords();
    const recovered = recover(records);
    this.#options = options;
    this.#hooks = hooks;
    this.#effects = effects;
    this.identity = identityOf(options.database, options);
    this.clock = new Clock(options.environment);
    this.writer = new Writer(effects, this.clock, records.keys());
    this.configuration = new ConfigurationHolder(this.writer, recovered.configuration);
    this.neighbourhood = this.#makeNeighbourhood(recovered.founding !== undefined);
    this.#bondsmithClient = this.#makeBondsmithClient();
    this.#transactionSettler = this.#makeTransactionSettler();
    const ownClients = [this.#bondsmithClient, this.#transactionSettler];
    this.#replies = new ReplySender(effects, this.neighbourhood.router, ownClients);
    this.#handovers = this.#makeHandovers();
    this.orders = this.#makeOrders();
    this.memberships = this.#makeMemberships(recovered);
    this.bondsmith = this.#makeBondsmith();
    this.requests = this.#makeRequests();
    this.inbox = this.#makeInbox();
    this.#open(recovered, records);
  }

  /** The cluster of this radiant. Undefined if unknown. A founder knows it from the start. */
  get cluster(): ClusterId | undefined {
    return this.neighbourhood.router.cluster;
  }

  tick(): void {
    const { peers, presenceTracker, connector, announcer, members } = this.neighbourhood;
    const { silent, returned } = peers.sweep();
    for (const radiant of silent) this.inbox.lose(radiant);
    if (returned.length > 0) this.#onViewChange();
    presenceTracker.tick();
    this.#handovers.tick();
    this.writer.tick();
    this.orders.tick();
    this.bondsmith.tick();
    this.#bondsmithClient.tick();
    this.#transactionSettler.tick();
    this.memberships.tick();
    announcer.tick();
    connector.reconcile(this.memberships.founding.sought());
    connector.reconcile(members.radiants());
  }

  /** Makes the decisions that a change left open. */
  reconcile(): void {
    this.bondsmith.reconcile();
    this.memberships.configurationAdoption.reconcile();
  }

  onClockGap(): void {
    this.neighbourhood.onClockGap();
    this.orders.onClockGap();
    this.writer.restartClock();
  }

  /** Tells the other radiants at once that this disk is full, or has space again. */
  noteDiskRoom(): void {
    this.changes.note();
    this.orders.noteDiskRoom(!this.writer.isFull);
    this.neighbourhood.announcer.changed();
  }

  /** Gives up the leadership of all orders, and answers every waiting request. */
  resign(): void {
    this.orders.resign();
    this.bondsmith.reconcile();
  }

  #open({ configuration, seen, groups }: RecoveredRecords, records: Records): void {
    for (const sighting of seen) this.neighbourhood.seen.note(sighting);
    this.neighbourhood.router.cluster = configuration?.cluster ?? this.memberships.founding.cluster;
    if (configuration !== undefined) {
      this.#hooks.onAssociated();
      for (const record of groups) {
        this.orders.open(record, configuration, records);
        this.neighbourhood.forgetGone(record.id);
      }
    }
    if (this.cluster !== undefined) this.#effects.push({ kind: 'associate', cluster: this.cluster });
  }

  readonly #onViewChange = (): void => {
    this.changes.note();
    this.#hooks.onViewChange();
  };

  readonly #onLost = (why: string): void => this.#hooks.onLost(why);

  /** Called when this radiant is a member of other orders than before. */
  readonly #onMemberships = (): void => {
    this.neighbourhood.announcer.changed();
    this.#onViewChange();
  };

  readonly #onAssociated = (): void => {
    const cluster = this.configuration.current?.cluster;
    this.#hooks.onAssociated();
    this.neighbourhood.router.cluster = cluster;
    // The host of a founder knows the cluster from the start.
    const isNew = cluster !== undefined && this.memberships.founding.cluster === undefined;
    if (isNew) this.#effects.push({ kind: 'associate', cluster });
  };

  #makeNeighbourhood(isFounder: boolean): Neighbourhood {
    const { identity, clock, changes, inputErrors, writer, configuration } = this;
    const [effects, replicas] = [this.#effects, this.#byOrder];
    const [onViewChange, onLost] = [this.#onViewChange, this.#onLost];
    const own = { identity, isFounder, clock, changes, effects, inputErrors, writer, configuration, replicas };
    return new Neighbourhood({ ...own, onViewChange, onLost });
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

  #makeTransactionSettler(): TransactionSettler {
    const { identity, clock, configuration } = this;
    return new TransactionSettler({
      identity,
      clock,
      configuration,
      orders: this.#byOrder,
      ask: (order, request) => this.requests.ask(order, request, THIS_RADIANT),
    });
  }

  #makeHandovers(): ShardTransferRouter {
    const { identity, configuration } = this;
    const { peers, members, router } = this.neighbourhood;
    const deliver = (order: OrderId, sender: Endpoint, body: ShardBody): void =>
      this.#byOrder.get(order)?.receiveShard(sender, body);
    return new ShardTransferRouter({ identity, configuration, members, peers, router, deliver });
  }

  #makeOrders(): LocalOrders {
    const { clock, changes, configuration, writer, inputErrors } = this;
    const { seen, router, peers, members, memberLiveness, topology, handshake } = this.neighbourhood;
    const { environment, machines = [], checkpointLogBytes = LIMITS.log.checkpointLogBytes } = this.#options;
    const own = {
      byOrder: this.#byOrder,
      environment,
      machines,
      checkpointLogBytes,
      clock,
      changes,
      configuration,
      writer,
    };
    const neighbours = { seen, router, peers, members, memberLiveness, topology, handshake };
    return new LocalOrders({
      ...own,
      ...neighbours,
      lifecycles: this.#hooks.lifecycles,
      inputErrors,
      handovers: this.#handovers,
      replies: this.#replies,
      reportInstalled: (order, shard) => {
        const name = `installed ${order} ${nameOfShard(shard)}`;
        this.#bondsmithClient.reconcile(name, { kind: 'installed', order, shard });
      },
      onStatusChange: (order) => {
        this.neighbourhood.forgetGone(order);
        this.#onMemberships();
      },
      onChange: this.#onViewChange,
    });
  }

  #makeMemberships(recovered: RecoveredRecords): Memberships {
    const { identity, clock, writer, configuration, neighbourhood, orders } = this;
    return new Memberships({
      identity,
      clock,
      radiant: this.#options,
      recovered,
      writer,
      configuration,
      neighbourhood,
      orders,
      byOrder: this.#byOrder,
      bondsmithClient: this.#bondsmithClient,
      onAssociated: this.#onAssociated,
      onMemberships: this.#onMemberships,
      onViewChange: this.#onViewChange,
      onLost: this.#onLost,
    });
  }

  #makeBondsmith(): Bondsmith {
    const { identity, clock, changes, configuration } = this;
    const { peers, members, topology, presenceTracker } = this.neighbourhood;
    const { environment } = this.#options;
    const [orders, replies, onViewChange] = [this.#byOrder, this.#replies, this.#onViewChange];
    const watch = new ClusterWatch({ identity, clock, peers, members, topology, presenceTracker });
    const parts = { identity, clock, changes, environment, configuration, orders, topology, presenceTracker };
    return new Bondsmith({ ...parts, watch, replies, onViewChange });
  }

  #makeRequests(): RequestRouter {
    const { identity, configuration, bondsmith } = this;
    const { peers, router, topology } = this.neighbourhood;
    const [replies, orders, onHeraldLearned] = [this.#replies, this.#byOrder, this.#onViewChange];
    const own = { identity, configuration, bondsmith, replies, orders };
    return new RequestRouter({ ...own, peers, router, topology, onHeraldLearned });
  }

  #makeInbox(): Inbox {
    const { changes, configuration, inputErrors, orders, requests } = this;
    const { peers, router, members, splitBrainDetector, handshake, announcer } = this.neighbourhood;
    const { founding, replicaLifecycle, configurationAdoption } = this.memberships;
    const neighbours = { peers, router, members, splitBrainDetector, handshake, announcer };
    const own = { changes, configuration, inputErrors, orders, founding, replicaLifecycle, configurationAdoption };
    return new Inbox({
      ...neighbours,
      ...own,
      effects: this.#effects,
      requests,
      handovers: this.#handovers,
      onMembers: (order) => {
        this.neighbourhood.forgetGone(order);
        this.#onViewChange();
      },
      onViewChange: this.#onViewChange,
    });
  }
}
