/**
 * A small world in which the test decides on configurations. The only voter of the bondsmith's order is outside of the
 * world, and the test sends configurations instead. The world tests how radiants adopt a configuration. Tests of the
 * bondsmith's decisions need a world with a bondsmith.
 */
import type { RecordChange } from '../../src/storage/contract.ts';
import { CONFIGURATION_KEY, groupCreationKey } from '../../src/storage/keys.ts';
import type { Configuration, Order, OrderMember, Shard } from '../../src/wire/configuration/configuration.ts';
import type { ClusterId, DeviceId, OrderId, RadiantId } from '../../src/wire/identifiers.ts';
import { asReplicaId, asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { encodeConfigurationRecord, encodeGroupRecord } from '../../src/wire/records/record-codec.ts';
import { SmallWorld, type WorldOptions } from './small-world.ts';

export const LAST_SLOT = SLOT_COUNT - 1;

export class ScriptedWorld extends SmallWorld {
  /** The latest configuration that the test decided. */
  configuration: Configuration;
  /** Names of the tabs that got the latest configuration from the test. */
  #taught: readonly string[] = [];

  /** @param orders names of the first voters of each order; the first order serves every slot */
  constructor(seed: number, options: WorldOptions, orders: readonly (readonly string[])[]) {
    super('raft', seed, options);
    const names = [...new Set(orders.flat())];
    const members = new Map(names.map((name, at) => [name, this.#member((at % 3) + 1)]));
    const { replicationFactor = 3 } = options;
    this.configuration = {
      cluster: this.newId<ClusterId>(),
      generation: 1,
      number: 1,
      algorithm: 'raft',
      stateMachine: 'key-value',
      replicationFactor,
      wantedOrders: orders.length,
      bondsmith: { id: this.newId<OrderId>(), firstVoters: [this.#member(1)], firstShards: [] },
      orders: orders.map((voters, at) => {
        const firstVoters = voters.flatMap((name) => members.get(name) ?? []);
        // A radiant can be a member of one order only. A further order of the same tabs names radiants that never come.
        const isTaken = orders.slice(0, at).some((earlier) => earlier.some((name) => voters.includes(name)));
        const wanted = isTaken ? voters.map(() => this.#member(1)) : firstVoters;
        return newOrder(this.newId<OrderId>(), firstVoters, wanted, at === 0 ? [shard(0, LAST_SLOT, 1)] : []);
      }),
    };
    for (const [name, member] of members) this.#openMember(name, member);
    this.linkAll(...names);
  }

  /**
   * Decides on the next configuration.
   * @param among names of the tabs that receive it from the test; they relay it to the others
   */
  decide(
    change: (latest: Configuration) => Partial<Configuration>,
    among: readonly string[] = [...this.tabs.keys()],
  ): void {
    const number = this.configuration.number + 1;
    this.configuration = { ...this.configuration, ...change(this.configuration), number };
    this.#taught = among;
    for (const name of among) this.teach(name);
  }

  /** Sends the latest configuration to a tab. */
  teach(name: string): void {
    const tab = this.tab(name);
    const [from] = [...tab.links.values()].map(({ other }) => other).filter(({ alive }) => alive);
    if (!tab.alive || from === undefined) return;
    const { configuration } = this;
    this.deliver({
      cluster: configuration.cluster,
      sender: from.id,
      senderBoot: from.connection.boot,
      receiver: tab.id,
      receiverBoot: undefined,
      group: undefined,
      hopLimit: 4,
      urgent: true,
      body: { kind: 'configuration', configuration },
    });
  }

  /** Sends the latest configuration again to tabs that dropped it because they were writing an earlier one. */
  teachLate(): void {
    for (const name of this.#taught) if (this.numberOf(name) < this.configuration.number) this.teach(name);
  }

  numberOf(name: string): number {
    const { formation } = this.tab(name).radiant.view();
    return formation.kind === 'formed' ? formation.configuration.number : 0;
  }

  #member(replica: number): OrderMember {
    return { radiant: this.newId<RadiantId>(), device: this.newId<DeviceId>(), replica: asReplicaId(replica) };
  }

  #openMember(name: string, { radiant: id, device, replica }: OrderMember): void {
    const orders = this.configuration.orders.filter(({ firstVoters }) =>
      firstVoters.some(({ radiant }) => radiant === id),
    );
    const births = orders.map((order): RecordChange => {
      const { firstVoters, firstShards } = order;
      const value = encodeGroupRecord({ id: order.id, firstVoters, firstShards, replica });
      return { kind: 'put', key: groupCreationKey(order.id), value };
    });
    const value = encodeConfigurationRecord(this.configuration);
    this.open(name, { id, device, records: [{ kind: 'put', key: CONFIGURATION_KEY, value }, ...births] });
  }
}

export function shard(first: number, last: number, epoch: number, source?: OrderId): Shard {
  return { first: asSlot(first), last: asSlot(last), epoch, source };
}

function newOrder(
  id: OrderId,
  firstVoters: readonly OrderMember[],
  wanted: readonly OrderMember[],
  shards: readonly Shard[],
): Order {
  const firstShards = shards.map(({ first, last, epoch }) => ({ first, last, epoch }));
  const voters = wanted.map(({ radiant, device }) => ({ radiant, device }));
  return { id, firstVoters, firstShards, members: { number: 1, voters, learners: [] }, shards, isDissolving: false };
}
