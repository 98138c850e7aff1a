/** Checks orders, their members and their shards in messages from outside. All errors are `FRAME_MALFORMED`. */
import type { ConfigurationChange, CreationRecord, Order, ShardRange } from './configuration.ts';
import { bounded, distinct, malformed } from '../decoding.ts';
import { LIMITS } from '../limits.ts';
import { checkTarget } from './roster.ts';

export function checkChange({ orders, removed }: ConfigurationChange): void {
  bounded(orders, LIMITS.configuration.orders, 'orders');
  bounded(removed, LIMITS.configuration.orders, 'orders');
  for (const order of orders) checkOrder(order);
  distinct([...orders.map(({ id }) => id), ...removed], (id) => id, 'orders');
}

/**
 * Checks the first voters and the first shards of an order. At least one voter is required. Each radiant and each
 * replica may occur once.
 */
export function checkCreationRecord({ firstVoters, firstShards }: CreationRecord): void {
  bounded(firstVoters, LIMITS.configuration.orderMembers, 'first voters');
  if (firstVoters.length === 0) throw malformed('an order without first voters');
  distinct(firstVoters, ({ radiant }) => radiant, 'first voters');
  distinct(firstVoters, ({ replica }) => replica, 'replicas');
  checkShards(firstShards);
  checkDisjoint(firstShards);
}

export function checkRange({ first, last }: Pick<ShardRange, 'first' | 'last'>): void {
  if (first > last) throw malformed('a shard that ends before it begins');
}

export function checkDisjoint(shards: readonly ShardRange[]): void {
  let end = -1;
  for (const shard of shards.toSorted((left, right) => left.first - right.first)) {
    if (shard.first <= end) throw malformed(`slot ${shard.first} is in two shards`);
    end = shard.last;
  }
}

function checkOrder(order: Order): void {
  checkCreationRecord(order);
  checkTarget(order.members);
  checkShards(order.shards);
}

function checkShards(shards: readonly ShardRange[]): void {
  for (const shard of bounded(shards, LIMITS.configuration.shards, 'shards')) checkRange(shard);
}
