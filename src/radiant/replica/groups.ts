/** The orders that this radiant is a replica of, and what connects each to the rest of the radiant. */
import type { Lifecycles } from '../../cluster/lifecycles.ts';
import type { SeenReplicas } from '../../cluster/seen.ts';
import type { Records } from '../../storage/contract.ts';
import { assert } from '../../wire/assertion.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { Administration, Answer, Membership, SnapshotBody } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId, ReplicaId } from '../../wire/identifiers.ts';
import type { GroupRecord } from '../../wire/records/records.ts';
import type { Answering, Asked } from '../answers.ts';
import { reject } from '../answers.ts';
import type { MemberLiveness } from '../herald/member-liveness.ts';
import type { Bondsmith } from '../bondsmith/bondsmith.ts';
import type { Clock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { Environment } from '../environment.ts';
import { Group } from './group.ts';
import type { ReplicaContext } from './replica-context.ts';
import type { HandoverContext } from '../handover/handover.ts';
import type { ShardTransferRouter } from '../handover/shard-transfer-router.ts';
import type { Handshake } from '../neighbours/handshake.ts';
import type { Refusals } from '../refusals.ts';
import type { KnownMembers } from '../neighbours/known-members.ts';
import type { Peers } from '../neighbours/peers.ts';
import type { Router } from '../neighbours/router.ts';
import type { Writer } from '../writer.ts';
import { WriterGate } from './writer-gate.ts';

export interface GroupsOptions {
  readonly environment: Environment;
  readonly configuration: ConfigurationHolder;
  readonly clock: Clock;
  readonly writer: Writer;
  readonly seen: SeenReplicas;
  readonly router: Router;
  readonly refusals: Refusals;
  readonly checkpointLogBytes: number;
  readonly peers: Peers;
  /** Found out after construction: the parts know each other. */
  readonly handshake: () => Handshake;
  readonly handovers: () => ShardTransferRouter;
  readonly answerFor: (order: OrderId) => Answering;
  readonly bondsmith: () => Bondsmith;
  readonly lifecycles: Lifecycles;
  readonly members: () => KnownMembers;
  readonly memberLiveness: () => MemberLiveness;
  readonly missingQuorum: (order: OrderId) => string | undefined;
  readonly onStatusChange: (order: OrderId) => void;
  /** What an order has applied made another of its state: it serves other shards, or decided on a configuration. */
  readonly onChange: (order: OrderId) => void;
}

export class Groups {
  readonly #options: GroupsOptions;
  readonly #groups = new Map<OrderId, Group>();
  /** How each group writes, until it is closed. */
  readonly #gates = new Map<OrderId, WriterGate>();

  constructor(options: GroupsOptions) {
    this.#options = options;
  }

  get byOrder(): ReadonlyMap<OrderId, Group> {
    return this.#groups;
  }

  /** Takes a replica up, from what the database held of it: at its birth, nothing. */
  open(record: GroupRecord, configuration: Configuration, records: Records): void {
    assert(!this.#groups.has(record.id), 'a radiant has one replica of an order at a time');
    const gate = new WriterGate(this.#options.writer);
    this.#gates.set(record.id, gate);
    const context = this.#context(record, gate);
    this.#groups.set(record.id, new Group({ record, configuration, records }, context));
  }

  /** A place in an order is on its way to the disk: `begin` follows when it is there. */
  expect(order: OrderId): void {
    this.#options.lifecycles.ofOrder(order);
  }

  /** A place in an order of the configuration was made durable: this radiant begins there with nothing. */
  begin(record: GroupRecord): void {
    const { current } = this.#options.configuration;
    assert(current !== undefined, 'places are taken in the orders of a configuration');
    this.open(record, current, NO_RECORDS);
  }

  /** This radiant is out of the order, or comes back as another replica: this one says and writes nothing more. */
  close(order: OrderId): void {
    this.end(order);
    this.#groups.delete(order);
  }

  /** The order is about to be no more: its replica says and writes nothing from now on, and is forgotten by `close`. */
  end(order: OrderId): void {
    this.#groups.get(order)?.leave();
    this.#options.lifecycles.forget(order);
    this.#gates.get(order)?.close();
  }

  tick(): void {
    for (const group of this.#groups.values()) group.tick();
  }

  /** The next tick comes late: whatever rests on clocks is void. */
  stoodStill(): void {
    for (const group of this.#groups.values()) group.stoodStill();
  }

  /** A radiant is gone for now: its replicas are not waited for. */
  lost(radiant: RadiantId): void {
    for (const group of this.#groups.values()) {
      for (const replica of this.#replicasOf(group.record.id, radiant)) group.lost(replica);
    }
  }

  /** This radiant stood still: nobody is blamed for silence meanwhile. */
  restartClocks(): void {
    for (const group of this.#groups.values()) group.restartClocks();
  }

  stop(): void {
    for (const group of this.#groups.values()) group.stop();
  }

  /** Another voter is asked to lead each order that this radiant leads. */
  transferLeadership(): void {
    for (const group of this.#groups.values()) group.transferLeadership();
  }

  /** Every order that this radiant leads gets another herald, and none of its replicas says or writes anything more. */
  resign(): void {
    for (const group of this.#groups.values()) group.resign();
  }

  /** The disk of this radiant is full, or has room again. */
  noteDiskRoom(hasRoom: boolean): void {
    for (const group of this.#groups.values()) group.noteDiskRoom(hasRoom);
  }

  fail(): void {
    for (const group of this.#groups.values()) group.stop();
    this.#options.lifecycles.fail();
  }

  isAnyLocked(): boolean {
    for (const group of this.#groups.values()) if (group.isLocked) return true;
    return false;
  }

  memberships(): readonly Membership[] {
    return [...this.#groups.values()].map((group) => group.membership());
  }

  /** By what is known of the order, and by its own word, which may be newer. */
  #replicasOf(order: OrderId, radiant: RadiantId): ReadonlySet<ReplicaId> {
    const { members, peers } = this.#options;
    const list = members().latest(order);
    const listed = list?.members.filter((member) => member.radiant === radiant) ?? [];
    const claimed = peers.peer(radiant)?.presence?.memberships.filter(({ group }) => group === order) ?? [];
    return new Set([...listed, ...claimed].map(({ replica }) => replica));
  }

  #context(record: GroupRecord, writer: WriterGate): ReplicaContext {
    const { environment, clock, seen, refusals, answerFor, members, missingQuorum, onStatusChange, onChange } =
      this.#options;
    return {
      random: () => environment.random(),
      times: environment.times,
      nowMs: () => clock.nowMs,
      writer,
      seen,
      send: (to, message, urgent) => this.#send(record, to, message, urgent),
      sendSnapshot: (to, body) => this.#sendSnapshot(record, to, body),
      read: (reading) => refusals.read(reading),
      checkpointLogBytes: this.#options.checkpointLogBytes,
      answer: answerFor(record.id),
      onStatusChange: () => onStatusChange(record.id),
      radiantOf: (replica) => members().radiantOf(record.id, replica),
      memberLiveness: (member) => this.#options.memberLiveness().of(record.id, member),
      hasDiskRoom: (replica) => this.#hasDiskRoom(record, replica),
      missingQuorum: () => missingQuorum(record.id),
      onChange: () => onChange(record.id),
      lifecycle: this.#options.lifecycles.ofOrder(record.id),
      administer: (asked, administration) => this.#administer(record.id, asked, administration),
      handover: this.#handover(record.id),
    };
  }

  #hasDiskRoom({ id, replica: own }: GroupRecord, replica: ReplicaId): boolean {
    const { writer, members, peers } = this.#options;
    if (replica === own) return !writer.isFull;
    const radiant = members().radiantOf(id, replica);
    return radiant === undefined || peers.peer(radiant)?.presence?.diskFull !== true;
  }

  #handover(order: OrderId): HandoverContext {
    const { configuration, handovers, refusals } = this.#options;
    return {
      read: (reading) => refusals.read(reading),
      configuration: () => configuration.current,
      herald: (other) => handovers().herald(other),
      send: (to, other, body) => handovers().send(to, other, body),
      report: (shard) => handovers().report(order, shard),
    };
  }

  #administer(order: OrderId, asked: Asked, administration: Administration): void {
    const { bondsmith } = this.#options.configuration;
    if (bondsmith?.id === order) this.#options.bondsmith().administer(asked, administration);
    else if (bondsmith === undefined) {
      this.#reject(order, asked, reject('NOT_GOVERNED', 'nobody decides on configurations in this cluster'));
    } else this.#reject(order, asked, reject('NOT_HERALD', "ask the herald of the bondsmith's order"));
  }

  #reject(order: OrderId, asked: Asked, answer: Answer): void {
    this.#options.answerFor(order)(asked, answer);
  }

  /** To the boot that took part in the handshake, and to none that follows it. */
  #send(record: GroupRecord, to: ReplicaId, message: Uint8Array, urgent: boolean): void {
    const partner = this.#options.handshake().partner(record.id, to);
    const flushed = this.#groups.get(record.id)?.position();
    if (partner === undefined || flushed === undefined) return;
    this.#options.router.send({
      receiver: partner.radiant,
      receiverBoot: partner.boot,
      group: record.id,
      urgency: urgent ? 'urgent' : 'bulk',
      body: { kind: 'consensus', from: record.replica, to, flushed, message },
    });
  }

  #sendSnapshot(record: GroupRecord, to: ReplicaId, body: SnapshotBody): void {
    const partner = this.#options.handshake().partner(record.id, to);
    if (partner === undefined) return;
    const { radiant: receiver, boot: receiverBoot } = partner;
    this.#options.router.send({ receiver, receiverBoot, group: record.id, urgency: 'bulk', body });
  }
}

const NO_RECORDS: Records = new Map();
