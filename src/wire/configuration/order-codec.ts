/** Orders, their members and their shards by themselves: in log entries, in records, and between heralds. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ConfigurationChange, CreationRecord, Order, OrderMember, Shard, ShardRange } from './configuration.ts';
import { boundedList, distinct, malformed, optionalId, required } from '../decoding.ts';
import {
  type ConfigurationChange as ConfigurationChangeMessage,
  type ConfigurationChangeSchema,
  type Order as OrderMessage,
  type OrderMember as OrderMemberMessage,
  type OrderMemberSchema,
  type OrderSchema,
  type ShardRange as ShardRangeMessage,
  type ShardRangeSchema,
} from '../generated/shardbearer_pb.ts';
import { asReplicaId, asSlot, idFromBytes, idToBytes } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { targetFromMessage, targetToMessage } from './roster-codec.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';

export function changeToMessage({
  orders,
  removed,
}: ConfigurationChange): MessageInitShape<typeof ConfigurationChangeSchema> {
  return { orders: orders.map(orderToMessage), removed: removed.map(idToBytes) };
}

export function changeFromMessage(message: ConfigurationChangeMessage): ConfigurationChange {
  const orders = boundedList(message.orders, LIMITS.orders, 'orders', orderFromMessage);
  const removed = boundedList(message.removed, LIMITS.orders, 'orders', (id) => idFromBytes<Order['id']>(id));
  distinct([...orders.map(({ id }) => id), ...removed], (id) => id, 'orders');
  return { orders, removed };
}

/** A shard by itself: in an order's log, and between heralds. */
export function rangeToMessage({ first, last, epoch }: ShardRange): MessageInitShape<typeof ShardRangeSchema> {
  return { firstSlot: first, lastSlot: last, epoch: uint64(epoch) };
}

export function rangeFromMessage(message: ShardRangeMessage | undefined): ShardRange {
  const { firstSlot, lastSlot, epoch } = required(message, 'a shard');
  if (firstSlot > lastSlot) throw malformed('a shard that ends before it begins');
  return { first: asSlot(firstSlot), last: asSlot(lastSlot), epoch: safeInteger(epoch) };
}

function orderToMessage(order: Order): MessageInitShape<typeof OrderSchema> {
  return {
    id: idToBytes(order.id),
    firstVoters: order.firstVoters.map(memberToMessage),
    firstShards: order.firstShards.map(rangeToMessage),
    members: targetToMessage(order.members),
    shards: order.shards.map((shard) => ({
      ...rangeToMessage(shard),
      ...(shard.source === undefined ? {} : { source: idToBytes(shard.source) }),
    })),
    dissolving: order.isDissolving,
  };
}

export function memberToMessage(member: OrderMember): MessageInitShape<typeof OrderMemberSchema> {
  return {
    radiant: idToBytes(member.radiant),
    replica: uint64(member.replica),
    device: idToBytes(member.device),
  };
}

/** The voters that an order was born with: at least one, each radiant and each replica once. */
export function firstVotersFromMessages(messages: readonly OrderMemberMessage[]): CreationRecord['firstVoters'] {
  const voters = boundedList(messages, LIMITS.orderMembers, 'first voters', memberFromMessage);
  if (voters.length === 0) throw malformed('an order without first voters');
  distinct(voters, (voter) => voter.radiant, 'first voters');
  return distinct(voters, (voter) => voter.replica, 'replicas');
}

/** What an order served from its birth. */
export function firstShardsFromMessages(messages: readonly ShardRangeMessage[]): CreationRecord['firstShards'] {
  const shards = boundedList(messages, LIMITS.shards, 'shards', rangeFromMessage);
  checkDisjoint(shards);
  return shards;
}

function orderFromMessage(message: OrderMessage): Order {
  return {
    id: idFromBytes(message.id),
    firstVoters: firstVotersFromMessages(message.firstVoters),
    firstShards: firstShardsFromMessages(message.firstShards),
    members: targetFromMessage(required(message.members, "an order's members")),
    shards: boundedList(message.shards, LIMITS.shards, 'shards', shardFromMessage),
    isDissolving: message.dissolving,
  };
}

function memberFromMessage(message: OrderMemberMessage): OrderMember {
  return {
    radiant: idFromBytes(message.radiant),
    replica: asReplicaId(safeInteger(message.replica)),
    device: idFromBytes(message.device),
  };
}

function shardFromMessage(message: ShardRangeMessage): Shard {
  return { ...rangeFromMessage(message), source: optionalId(message.source) };
}

/** No slot has two owners in one configuration. */
export function checkDisjoint(shards: readonly ShardRange[]): void {
  let end = -1;
  for (const shard of shards.toSorted((left, right) => left.first - right.first)) {
    if (shard.first <= end) throw malformed(`slot ${shard.first} lies in two shards`);
    end = shard.last;
  }
}
