/**
 * Opens and ends this radiant's replicas in existing orders (design, rules 1, 2 and 7). Member lists show which
 * replicas are wanted and which are removed. A wanted replica begins empty, once. A removed replica stops, and its
 * records are deleted.
 */
import { memberOfRadiant } from '../../cluster/configuration.ts';
import { isOut, listedRadiant } from '../../cluster/member-list.ts';
import type { SeenReplicas } from '../../cluster/seen-replicas.ts';
import type { RecordChange } from '../../storage/contract.ts';
import { groupCreationKey, groupDepartureKey, groupPrefix } from '../../storage/keys.ts';
import type { CreationRecord } from '../../wire/configuration/configuration.ts';
import type { MemberList } from '../../wire/frames/frame.ts';
import type { OrderId, ReplicaId } from '../../wire/identifiers.ts';
import { encodeDepartureRecord, encodeGroupRecord } from '../../wire/records/record-codec.ts';
import type { GroupRecord } from '../../wire/records/records.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { LocalOrders } from '../orders/local-orders.ts';
import type { Handshake } from '../neighbours/handshake.ts';
import type { KnownMembers } from '../neighbours/known-members.ts';
import type { Identity } from '../identity.ts';
import type { Writer } from '../writer.ts';

interface ReplicaLifecycleOptions {
  readonly identity: Identity;
  readonly configuration: ConfigurationHolder;
  readonly members: KnownMembers;
  readonly orders: LocalOrders;
  readonly handshake: Handshake;
  readonly seen: SeenReplicas;
  readonly writer: Writer;
  /** Called when the set of orders with a replica of this radiant has changed. */
  readonly onMemberships: () => void;
  /** Called when peers know a replica of an earlier boot that this boot does not remember. */
  readonly onLost: (why: string) => void;
}

export class ReplicaLifecycle {
  readonly #options: ReplicaLifecycleOptions;
  /** Orders with an unfinished write of this class. */
  readonly #underWay = new Set<OrderId>();

  constructor(options: ReplicaLifecycleOptions, departed: ReadonlyMap<OrderId, ReplicaId>) {
    this.#options = options;
    for (const [order, replica] of departed) options.members.noteLeft(order, replica);
  }

  /** Whether no write is in flight, so that another boot would know the same memberships. */
  get isSettled(): boolean {
    return this.#underWay.size === 0;
  }

  /** Compares this radiant's replicas with the latest member lists. */
  reconcile(): void {
    const { configuration, members } = this.#options;
    for (const order of configuration.groups()) {
      const list = members.latest(order.id);
      if (list !== undefined && !this.#underWay.has(order.id)) this.#compare(order, list);
    }
  }

  #compare(order: CreationRecord, list: MemberList): void {
    const own = this.#options.orders.byOrder.get(order.id)?.replica.id;
    const place = this.#placeIn(order, list);
    if (own === undefined) {
      if (place !== undefined && place > (this.#options.members.leftAs(order.id) ?? 0)) this.#join(order, place);
    } else if (isOut(list, own)) {
      if (place !== undefined && place > own) this.#join(order, place);
      else this.#leave(order, own);
    }
  }

  /** The replica id that the order wants this radiant to run. An id from the order's birth is never used again. */
  #placeIn(order: CreationRecord, list: MemberList): ReplicaId | undefined {
    const { identity } = this.#options;
    const listed = listedRadiant(list, identity.radiant);
    if (listed === undefined || !listed.wanted || !identity.durable) return undefined;
    return memberOfRadiant(order, identity.radiant)?.replica === listed.replica ? undefined : listed.replica;
  }

  /** Begins a replica. The same batch deletes the records of an earlier replica. */
  #join(order: CreationRecord, replica: ReplicaId): void {
    const { handshake, orders, seen, configuration } = this.#options;
    if (handshake.wasHereBefore(order.id, replica)) {
      this.#options.onLost('Peers know this radiant as a member, but its database does not.');
      return;
    }
    orders.close(order.id);
    const { id, firstVoters, firstShards } = order;
    const record: GroupRecord = { id, firstVoters, firstShards, replica };
    const creation: RecordChange = { kind: 'put', key: groupCreationKey(order.id), value: encodeGroupRecord(record) };
    orders.expect(order.id);
    this.#write(order.id, creation, () => {
      // The order may have been dissolved during the write.
      if (configuration.group(order.id) === undefined) return;
      seen.writeAgain(order.id);
      orders.begin(record);
    });
  }

  #leave(order: CreationRecord, replica: ReplicaId): void {
    this.#options.orders.close(order.id);
    this.#options.members.noteLeft(order.id, replica);
    const value = encodeDepartureRecord({ replica });
    this.#write(order.id, { kind: 'put', key: groupDepartureKey(order.id), value }, () => undefined);
  }

  /** Replaces all records of the order. */
  #write(order: OrderId, change: RecordChange, onDurable: () => void): void {
    const { writer } = this.#options;
    const deletes = writer.keysUnder(groupPrefix(order)).map((key): RecordChange => ({ kind: 'delete', key }));
    this.#underWay.add(order);
    writer.add([...deletes, change], () => {
      this.#underWay.delete(order);
      onDurable();
      this.#options.onMemberships();
    });
    this.#options.onMemberships();
  }
}
