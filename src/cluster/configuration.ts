/** What a configuration says, and whether one that comes from outside can be one. */
import type { Configuration, Order, OrderMember, ShardRange } from '../wire/configuration.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import type { OrderId, RadiantId, Slot } from '../wire/identifiers.ts';
import { SLOT_COUNT } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';

/** Which order serves a slot, and at which epoch. */
export interface Assignment {
  readonly order: Order;
  readonly shard: ShardRange;
}

export function assignmentOfSlot(configuration: Configuration, slot: Slot): Assignment | undefined {
  for (const order of configuration.orders) {
    for (const shard of order.shards) {
      if (shard.first <= slot && slot <= shard.last) return { order, shard };
    }
  }
  return undefined;
}

export function orderById(configuration: Configuration, order: OrderId): Order | undefined {
  return configuration.orders.find(({ id }) => id === order);
}

export function memberOfRadiant(order: Order, radiant: RadiantId): OrderMember | undefined {
  return order.firstVoters.find((member) => member.radiant === radiant);
}

/** How many of `count` voters decide. */
export function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

/**
 * Checks a configuration that came from outside.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` saying what cannot be
 */
export function validateConfiguration(configuration: Configuration): void {
  const { orders, replicationFactor } = configuration;
  demand(configuration.number >= 1, 'configurations are numbered from 1');
  demand(configuration.algorithm !== '' && configuration.stateMachine !== '', 'it names no algorithm or state machine');
  demand(replicationFactor >= 1 && replicationFactor <= LIMITS.orderMembers, 'its replication factor is out of range');
  demand(orders.length >= 1, 'it has no order');
  demand(new Set(orders.map(({ id }) => id)).size === orders.length, 'an order is in it twice');
  for (const order of orders) validateMembers(order);
  validateShards(orders.flatMap(({ shards }) => shards));
}

function validateMembers({ firstVoters }: Order): void {
  demand(
    firstVoters.length >= 1 && firstVoters.length <= LIMITS.orderMembers,
    'an order has too few or too many voters',
  );
  demand(
    distinct(firstVoters, ({ radiant }) => radiant),
    'a radiant is in an order twice',
  );
  demand(
    distinct(firstVoters, ({ replica }) => replica),
    'a replica id is in an order twice',
  );
}

/** Every slot is served, and by one shard. */
function validateShards(shards: readonly ShardRange[]): void {
  let next = 0;
  for (const shard of shards.toSorted((one, other) => one.first - other.first)) {
    demand(shard.first === next && shard.last >= shard.first, 'its shards leave a gap or overlap');
    next = shard.last + 1;
  }
  demand(next === SLOT_COUNT, 'its shards leave the end of the ring out');
}

function distinct<Item, Part>(items: readonly Item[], part: (item: Item) => Part): boolean {
  return new Set(items.map(part)).size === items.length;
}

function demand(condition: boolean, fault: string): void {
  if (!condition) throw new InvalidArgumentError(`this configuration cannot be: ${fault}`);
}
