/** The orders that this radiant has a replica of, and their connection to the rest of the radiant. */
import type { Lifecycles } from '../../cluster/lifecycle.ts';
import type { SeenReplicas } from '../../cluster/seen-replicas.ts';
import type { Records } from '../../storage/contract.ts';
import type { AnyMachine } from '../../store/machine.ts';
import { assert } from '../../wire/assertion.ts';
import type { Configuration, ShardRange } from '../../wire/configuration/configuration.ts';
import type { OrderId, RadiantId, ReplicaId } from '../../wire/identifiers.ts';
import type { GroupRecord } from '../../wire/records/records.ts';
import type { Changes } from '../changes.ts';
import type { Clock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { Environment } from '../environment.ts';
import type { ShardTransferRouter } from '../handover/shard-transfer-router.ts';
import type { ClusterTopology } from '../neighbours/cluster-topology.ts';
import type { Handshake } from '../neighbours/handshake.ts';
import type { KnownMembers } from '../neighbours/known-members.ts';
import type { MemberLiveness } from '../neighbours/member-liveness.ts';
import type { Peers } from '../neighbours/peers.ts';
import type { ReplySender } from '../neighbours/reply-sender.ts';
import type { Router } from '../neighbours/router.ts';
import type { InputErrors } from '../input-errors.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import type { Writer } from '../writer.ts';
import { LocalOrder } from './local-order.ts';

interface LocalOrdersOptions {
  /** The replicas by order. Only this class changes the map. */
  readonly byOrder: Map<OrderId, LocalOrder>;
  readonly environment: Environment;
  /** The machines of the application. */
  readonly machines: readonly AnyMachine[];
  readonly checkpointLogBytes: number;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly configuration: ConfigurationHolder;
  readonly writer: Writer;
  readonly seen: SeenReplicas;
  readonly lifecycles: Lifecycles;
  readonly inputErrors: InputErrors;
  readonly router: Router;
  readonly peers: Peers;
  readonly members: KnownMembers;
  readonly memberLiveness: MemberLiveness;
  readonly topology: ClusterTopology;
  readonly handshake: Handshake;
  readonly handovers: ShardTransferRouter;
  readonly replies: ReplySender;
  /** Tells the bondsmith that an order holds all of a shard. */
  readonly reportInstalled: (order: OrderId, shard: ShardRange) => void;
  readonly onStatusChange: (order: OrderId) => void;
  /** Called when an order serves other shards, or decided on a configuration. */
  readonly onChange: (order: OrderId) => void;
}

export class LocalOrders {
  readonly #options: LocalOrdersOptions;
  readonly byOrder: ReadonlyMap<OrderId, LocalOrder>;
  readonly #byOrder: Map<OrderId, LocalOrder>;

  constructor(options: LocalOrdersOptions) {
    this.#options = options;
    this.#byOrder = options.byOrder;
    this.byOrder = options.byOrder;
  }

  /** @param records all records of the order in the database */
  open(record: GroupRecord, configuration: Configuration, records: Records): void {
    assert(!this.#byOrder.has(record.id), 'a radiant has one replica of an order at a time');
    this.#byOrder.set(record.id, new LocalOrder({ record, configuration, records }, this.#context(record)));
  }

  /** Announces a replica whose record is being written. `begin` follows when the record is durable. */
  expect(order: OrderId): void {
    this.#options.lifecycles.ofOrder(order);
  }

  /** Opens a new, empty replica in an order of the configuration. */
  begin(record: GroupRecord): void {
    const { current } = this.#options.configuration;
    assert(current !== undefined, 'replicas begin in the orders of a configuration');
    this.open(record, current, NO_RECORDS);
  }

  /** Ends the replica and forgets it. This radiant was removed from the order, or returns as another replica. */
  close(order: OrderId): void {
    this.end(order);
    this.#byOrder.delete(order);
  }

  /** Ends the replica, which sends and writes nothing from now on. `close` forgets it later. */
  end(order: OrderId): void {
    this.#byOrder.get(order)?.leave();
    this.#options.lifecycles.forget(order);
  }

  tick(): void {
    for (const order of this.#byOrder.values()) order.tick();
  }

  onLateTick(): void {
    for (const order of this.#byOrder.values()) order.onLateTick();
  }

  onClockGap(): void {
    for (const order of this.#byOrder.values()) order.onClockGap();
  }

  /** Notes that a radiant is gone for now, so that no replica waits for its answers. */
  lost(radiant: RadiantId): void {
    for (const [id, order] of this.#byOrder) for (const replica of this.#replicasOf(id, radiant)) order.lost(replica);
  }

  stop(): void {
    for (const order of this.#byOrder.values()) order.replica.stop();
  }

  fail(): void {
    this.stop();
    this.#options.lifecycles.fail();
  }

  transferLeadership(): void {
    for (const order of this.#byOrder.values()) order.transferLeadership();
  }

  resign(): void {
    for (const order of this.#byOrder.values()) order.resign();
  }

  noteDiskRoom(hasRoom: boolean): void {
    for (const order of this.#byOrder.values()) order.noteDiskRoom(hasRoom);
  }

  isAnyLocked(): boolean {
    for (const order of this.#byOrder.values()) if (order.isLocked) return true;
    return false;
  }

  /**
   * The replicas of a radiant in the order. They include replicas that the radiant itself names, because its presence
   * may be newer than the list.
   */
  #replicasOf(order: OrderId, radiant: RadiantId): ReadonlySet<ReplicaId> {
    const { members, peers } = this.#options;
    const listed = members.latest(order)?.members.filter((member) => member.radiant === radiant) ?? [];
    const claimed = peers.peer(radiant)?.presence?.memberships.filter(({ group }) => group === order) ?? [];
    return new Set([...listed, ...claimed].map(({ replica }) => replica));
  }

  #context(record: GroupRecord): ReplicaContext {
    const { environment, clock, changes, writer, seen, inputErrors, members, topology, handovers } = this.#options;
    const { handshake, router, replies, configuration, memberLiveness, lifecycles } = this.#options;
    const { machines, checkpointLogBytes, onStatusChange, onChange } = this.#options;
    const { id } = record;
    return {
      lifecycle: lifecycles.ofOrder(id),
      writer,
      seen,
      machines,
      checkpointLogBytes,
      random: () => environment.random(),
      clock,
      changes,
      configuration: () => configuration.current,
      heraldOf: (order) => topology.heraldOf(order),
      radiantOf: (replica) => members.radiantOf(id, replica),
      memberLiveness: (member) => memberLiveness.of(id, member),
      hasDiskRoom: (replica) => this.#hasDiskRoom(record, replica),
      missingQuorum: () => topology.missingQuorumOf(id),
      read: (reading) => inputErrors.read(reading),
      handshake,
      router,
      replies,
      sendShard: (to, order, body) => handovers.send(to, order, body),
      reportInstalled: (shard) => this.#options.reportInstalled(id, shard),
      onStatusChange: () => onStatusChange(id),
      onChange: () => onChange(id),
    };
  }

  #hasDiskRoom({ id, replica: own }: GroupRecord, replica: ReplicaId): boolean {
    const { writer, members, peers } = this.#options;
    if (replica === own) return !writer.isFull;
    const radiant = members.radiantOf(id, replica);
    return radiant === undefined || peers.peer(radiant)?.presence?.diskFull !== true;
  }
}

const NO_RECORDS: Records = new Map();
