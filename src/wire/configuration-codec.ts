import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Configuration, CreationRecord, Order, OrderMember, ShardRange } from './configuration.ts';
import { boundedList, boundedText, decodeMessage, distinct, malformed } from './decoding.ts';
import {
  type Configuration as ConfigurationMessage,
  ConfigurationSchema,
  type Order as OrderMessage,
  type OrderMember as OrderMemberMessage,
  type OrderMemberSchema,
  type ShardRange as ShardRangeMessage,
} from './generated/shardbearer_pb.ts';
import { asReplicaId, asSlot, idFromBytes, idToBytes } from './identifiers.ts';
import { LIMITS } from './limits.ts';
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
    orders: configuration.orders.map((order) => ({
      id: idToBytes(order.id),
      firstVoters: order.firstVoters.map(memberToMessage),
      shards: order.shards.map((shard) => ({
        firstSlot: shard.first,
        lastSlot: shard.last,
        epoch: uint64(shard.epoch),
      })),
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

function orderFromMessage(message: OrderMessage): Order {
  return {
    id: idFromBytes(message.id),
    firstVoters: firstVotersFromMessages(message.firstVoters),
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

function shardFromMessage(message: ShardRangeMessage): ShardRange {
  if (message.firstSlot > message.lastSlot) throw malformed('a shard that ends before it begins');
  return {
    first: asSlot(message.firstSlot),
    last: asSlot(message.lastSlot),
    epoch: safeInteger(message.epoch),
  };
}

/** No slot has two owners in one configuration. */
function checkDisjoint(shards: readonly ShardRange[]): void {
  let end = -1;
  for (const shard of shards.toSorted((left, right) => left.first - right.first)) {
    if (shard.first <= end) throw malformed(`slot ${shard.first} lies in two shards`);
    end = shard.last;
  }
}
