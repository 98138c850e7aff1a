/** The orders that this radiant is a replica of, and what connects each to the rest of the radiant. */
import type { SeenReplicas } from '../cluster/seen.ts';
import type { Records } from '../storage/contract.ts';
import { assert } from '../wire/assertion.ts';
import type { Configuration, Order } from '../wire/configuration.ts';
import type { Membership, SnapshotBody } from '../wire/frame.ts';
import type { OrderId, RadiantId, ReplicaId } from '../wire/identifiers.ts';
import type { GroupRecord } from '../wire/records.ts';
import type { Answering } from './answers.ts';
import type { Clock } from './clock.ts';
import type { Environment } from './environment.ts';
import type { GroupSurroundings } from './group.ts';
import { Group } from './group.ts';
import type { Handshake } from './handshake.ts';
import type { Refusals } from './refusals.ts';
import type { Router } from './router.ts';
import type { Writer } from './writer.ts';

export interface GroupsOptions {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly writer: Writer;
  readonly seen: SeenReplicas;
  readonly router: Router;
  readonly refusals: Refusals;
  readonly checkpointLogBytes: number;
  /** Found out after construction: the parts know each other. */
  readonly handshake: () => Handshake;
  readonly answerFor: (order: OrderId) => Answering;
  readonly missingQuorum: (order: Pick<Order, 'firstVoters'>) => string | undefined;
  readonly onStanding: () => void;
}

export class Groups {
  readonly #options: GroupsOptions;
  readonly #groups = new Map<OrderId, Group>();

  constructor(options: GroupsOptions) {
    this.#options = options;
  }

  get byOrder(): ReadonlyMap<OrderId, Group> {
    return this.#groups;
  }

  /** Takes a replica up, from what the database held of it: at its birth, nothing. */
  open(record: GroupRecord, configuration: Configuration, records: Records): void {
    const order = configuration.orders.find(({ id }) => id === record.id);
    assert(order !== undefined && !this.#groups.has(record.id), 'a replica belongs to one order of the configuration');
    this.#groups.set(record.id, new Group({ record, configuration, order, records }, this.#surroundings(record)));
  }

  tick(): void {
    for (const group of this.#groups.values()) group.tick();
  }

  /** A radiant is gone for now: its replicas are not waited for. */
  lost(radiant: RadiantId): void {
    for (const group of this.#groups.values()) {
      for (const member of group.record.firstVoters) if (member.radiant === radiant) group.lost(member.replica);
    }
  }

  stop(): void {
    for (const group of this.#groups.values()) group.stop();
  }

  fail(): void {
    for (const group of this.#groups.values()) group.fail();
  }

  memberships(): readonly Membership[] {
    return [...this.#groups.values()].map((group) => group.membership());
  }

  #surroundings(record: GroupRecord): GroupSurroundings {
    const { environment, clock, writer, seen, refusals, answerFor, missingQuorum, onStanding } = this.#options;
    return {
      random: () => environment.random(),
      nowMs: () => clock.nowMs,
      writer,
      seen,
      send: (to, message, urgent) => this.#send(record, to, message, urgent),
      sendSnapshot: (to, body) => this.#sendSnapshot(record, to, body),
      read: (reading) => refusals.read(reading),
      checkpointLogBytes: this.#options.checkpointLogBytes,
      answer: answerFor(record.id),
      onStanding,
      missingQuorum: () => missingQuorum(record),
    };
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
