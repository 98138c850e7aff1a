import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type {
  Configuration,
  ConfigurationChange,
  CreationRecord,
  Order,
  OrderMember,
  Shard,
  ShardRange,
} from './configuration.ts';
import { boundedList, boundedText, decodeMessage, distinct, malformed, optionalId, required } from './decoding.ts';
import {
  type Configuration as ConfigurationMessage,
  type ConfigurationChange as ConfigurationChangeMessage,
  type ConfigurationChangeSchema,
  ConfigurationSchema,
  type CreationRecord as CreationRecordMessage,
  type Order as OrderMessage,
  type OrderMember as OrderMemberMessage,
  type OrderMemberSchema,
  type OrderSchema,
  type ShardRange as ShardRangeMessage,
  type ShardRangeSchema,
} from './generated/shardbearer_pb.ts';
import { asReplicaId, asSlot, idFromBytes, idToBytes } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import { wishFromMessage, wishToMessage } from './roster-codec.ts';
import { safeInteger, uint64 } from './safe-integer.ts';

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  return toBinary(ConfigurationSchema, create(ConfigurationSchema, configurationToMessage(configuration)));
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  return decodeMessage(ConfigurationSchema, bytes, LIMITS.frameBytes, configurationFromMessage);
}

export function configurationToMessage(configuration: Configuration): MessageInitShape<typeof ConfigurationSchema> {
  return {
    cluster: idToBytes(configuration.cluster),
    generation: uint64(configuration.generation),
    number: uint64(configuration.number),
    algorithm: configuration.algorithm,
    stateMachine: configuration.stateMachine,
    replicationFactor: configuration.replicationFactor,
    orders: configuration.orders.map(orderToMessage),
    ...(configuration.bondsmith === undefined
      ? {}
      : {
          bondsmith: {
            id: idToBytes(configuration.bondsmith.id),
            firstVoters: configuration.bondsmith.firstVoters.map(memberToMessage),
            firstShards: configuration.bondsmith.firstShards.map(rangeToMessage),
          },
        }),
  };
}

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
    members: wishToMessage(order.members),
    shards: order.shards.map((shard) => ({
      ...rangeToMessage(shard),
      ...(shard.source === undefined ? {} : { source: idToBytes(shard.source) }),
    })),
  };
}

export function configurationFromMessage(message: ConfigurationMessage): Configuration {
  const number = safeInteger(message.number);
  if (number === 0) throw malformed('a configuration without a number');
  if (message.algorithm === '' || message.stateMachine === '') throw malformed('a configuration without its names');
  if (message.replicationFactor < 1 || message.replicationFactor > LIMITS.orderMembers) {
    throw malformed(`a replication factor of ${message.replicationFactor}`);
  }
  const orders = boundedList(message.orders, LIMITS.orders, 'orders', orderFromMessage);
  checkDisjoint(orders.flatMap((order) => order.shards));
  return {
    cluster: idFromBytes(message.cluster),
    generation: safeInteger(message.generation),
    number,
    algorithm: boundedText(message.algorithm, LIMITS.nameCharacters, "the algorithm's name"),
    stateMachine: boundedText(message.stateMachine, LIMITS.nameCharacters, "the state machine's name"),
    replicationFactor: message.replicationFactor,
    bondsmith: message.bondsmith === undefined ? undefined : creationFromMessage(message.bondsmith),
    orders: distinct(orders, (order) => order.id, 'orders'),
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

function creationFromMessage(message: CreationRecordMessage): CreationRecord {
  return {
    id: idFromBytes(message.id),
    firstVoters: firstVotersFromMessages(message.firstVoters),
    firstShards: firstShardsFromMessages(message.firstShards),
  };
}

function orderFromMessage(message: OrderMessage): Order {
  return {
    id: idFromBytes(message.id),
    firstVoters: firstVotersFromMessages(message.firstVoters),
    firstShards: firstShardsFromMessages(message.firstShards),
    members: wishFromMessage(required(message.members, "an order's members")),
    shards: boundedList(message.shards, LIMITS.shards, 'shards', shardFromMessage),
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
function checkDisjoint(shards: readonly ShardRange[]): void {
  let end = -1;
  for (const shard of shards.toSorted((left, right) => left.first - right.first)) {
    if (shard.first <= end) throw malformed(`slot ${shard.first} lies in two shards`);
    end = shard.last;
  }
}
