/**
 * Encodes, decodes and checks configurations. Tables hold each radiant, device and order id once, and lists of members
 * refer to positions in the tables. A configuration of 1,000 radiants thus fits into
 * `LIMITS.configuration.configurationBytes`.
 */
import type { Configuration, CreationRecord, Order, Participant, Shard, ShardRange } from './configuration.ts';
import { ConfigurationTables, TablesWriter } from './tables.ts';
import { boundedText, distinct, malformed, missing } from '../decoding.ts';
import { decodeMessage } from '../field-reader.ts';
import { encodeMessage } from '../field-writer.ts';
import {
  type Configuration as ConfigurationMessage,
  type OrderPlaces,
  readConfiguration,
  type ShardList,
  writeConfiguration,
} from '../generated/shardbearer.ts';
import { asReplicaId, asSlot } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { checkDisjoint } from './order-checks.ts';

/**
 * Caches the encoding of each configuration, because the same configuration is sent to many radiants, hashed, and
 * written.
 */
const encoded = new WeakMap<Configuration, Uint8Array>();

/** All calls for one configuration return the same array, so callers must not change it. */
export function encodeConfiguration(configuration: Configuration): Uint8Array {
  let bytes = encoded.get(configuration);
  if (bytes === undefined) {
    bytes = encodeMessage(writeConfiguration, configurationToMessage(configuration));
    encoded.set(configuration, bytes);
  }
  return bytes;
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  return decodeMessage('Configuration', bytes, LIMITS.messages.frameBytes, (reader) => {
    return configurationFromMessage(readConfiguration(reader));
  });
}

function configurationToMessage(configuration: Configuration): ConfigurationMessage {
  const { orders, bondsmith } = configuration;
  const tables = new TablesWriter([...orders, bondsmith].map(({ id }) => id));
  const places = orders.map((order) => ({
    ...birthToMessage(order, tables),
    membersNumber: order.members.number,
    voters: tables.places(order.members.voters),
    learners: tables.places(order.members.learners),
    shards: shardsToMessage(order.shards, tables),
    isDissolving: order.isDissolving,
  }));
  return {
    cluster: configuration.cluster,
    generation: configuration.generation,
    number: configuration.number,
    algorithm: configuration.algorithm,
    stateMachine: configuration.stateMachine,
    replicationFactor: configuration.replicationFactor,
    wantedOrders: configuration.wantedOrders ?? 0,
    places,
    bondsmith: { ...NO_MEMBERS, ...birthToMessage(bondsmith, tables) },
    ...tables.toMessage(),
  };
}

/**
 * Decodes a configuration whose number may be 0. The state of the bondsmith's order contains configuration 0 before the
 * founding.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeAnyConfiguration(bytes: Uint8Array): Configuration {
  return decodeMessage('Configuration', bytes, LIMITS.messages.frameBytes, (reader) => {
    return anyConfigurationFromMessage(readConfiguration(reader));
  });
}

function configurationFromMessage(message: ConfigurationMessage): Configuration {
  if (message.number === 0) throw malformed('a configuration without a number');
  return anyConfigurationFromMessage(message);
}

function anyConfigurationFromMessage(message: ConfigurationMessage): Configuration {
  const { number } = message;
  if (number === 0 && message.places.length > 0) throw malformed('orders before the founding');
  if (message.algorithm === '' || message.stateMachine === '') throw malformed('a configuration without its names');
  if (message.replicationFactor < 1 || message.replicationFactor > LIMITS.configuration.orderMembers) {
    throw malformed(`a replication factor of ${message.replicationFactor}`);
  }
  if (message.places.length > LIMITS.configuration.orders) throw malformed(`${message.places.length} orders`);
  if (message.wantedOrders > LIMITS.configuration.orders) throw malformed(`${message.wantedOrders} wanted orders`);
  const tables = new ConfigurationTables(message);
  const orders = message.places.map((places, at) => orderFromMessage(places, at, tables));
  checkDisjoint(orders.flatMap((order) => order.shards));
  const { bondsmith } = message;
  return {
    cluster: message.cluster,
    generation: message.generation,
    number,
    algorithm: boundedText(message.algorithm, LIMITS.messages.nameCharacters, "the algorithm's name"),
    stateMachine: boundedText(message.stateMachine, LIMITS.messages.nameCharacters, "the state machine's name"),
    replicationFactor: message.replicationFactor,
    wantedOrders: message.wantedOrders === 0 ? undefined : message.wantedOrders,
    bondsmith: birthFromMessage(bondsmith, orders.length, tables),
    orders: distinct(orders, (order) => order.id, 'orders'),
  };
}

function birthToMessage({ firstVoters, firstShards }: CreationRecord, tables: TablesWriter) {
  const isCounted = firstVoters.every(({ replica }, at) => replica === at + 1);
  return {
    firstVoters: tables.places(firstVoters),
    replicas: isCounted ? [] : firstVoters.map(({ replica }) => replica),
    firstShards: firstShards.length === 0 ? undefined : shardsToMessage(firstShards, tables),
  } satisfies Partial<OrderPlaces>;
}

function birthFromMessage(message: OrderPlaces, place: number, tables: ConfigurationTables): CreationRecord {
  const { replicas } = message;
  const participants = tables.participants(message.firstVoters, 'first voters');
  if (participants.length === 0) throw malformed('an order without first voters');
  if (replicas.length !== 0 && replicas.length !== participants.length)
    throw malformed('first voters without replica ids');
  const firstVoters = participants.map((participant, at) => {
    const replica = replicas[at];
    return { ...participant, replica: asReplicaId(replica ?? at + 1) };
  });
  distinct(firstVoters, ({ replica }) => replica, 'replicas');
  const firstShards = rangesFromMessage(message.firstShards);
  checkDisjoint(firstShards);
  return { id: tables.order(place), firstVoters, firstShards };
}

function orderFromMessage(message: OrderPlaces, place: number, tables: ConfigurationTables): Order {
  const number = message.membersNumber;
  const voters = tables.participants(message.voters, 'voters');
  const learners = tables.participants(message.learners, 'learners');
  if (number === 0 || voters.length === 0) throw malformed('an order without members');
  if (voters.length + learners.length > LIMITS.configuration.orderMembers)
    throw malformed('an order with too many members');
  distinct([...voters, ...learners], ({ radiant }: Participant) => radiant, 'members');
  return {
    ...birthFromMessage(message, place, tables),
    members: { number, voters, learners },
    shards: shardsFromMessage(message.shards ?? missing("an order's shards"), tables),
    isDissolving: message.isDissolving,
  };
}

function shardsToMessage(
  shards: readonly (ShardRange & Partial<Pick<Shard, 'source'>>)[],
  tables: TablesWriter,
): ShardList {
  const bounds: number[] = [];
  let next = 0;
  for (const { first, last } of shards) {
    bounds.push(first - next, last - first);
    next = last + 1;
  }
  const [one] = shards;
  const isOneEpoch = shards.every(({ epoch }) => epoch === one?.epoch);
  const epochs = (isOneEpoch ? shards.slice(0, 1) : shards).map(({ epoch }) => epoch);
  const sources = shards.flatMap(({ source }, at) => (source === undefined ? [] : [at, tables.orderPlace(source)]));
  return { bounds, epochs, sources };
}

function rangesFromMessage(message: ShardList | undefined): readonly ShardRange[] {
  if (message === undefined) return [];
  const { bounds, epochs } = message;
  const count = bounds.length / 2;
  if (!Number.isInteger(count) || count > LIMITS.configuration.shards)
    throw malformed(`${bounds.length} bounds of shards`);
  if (epochs.length !== count && epochs.length !== Math.min(count, 1)) throw malformed('shards without epochs');
  const ranges: ShardRange[] = [];
  let next = 0;
  for (let at = 0; at < count; at++) {
    const first = next + (bounds[2 * at] ?? 0);
    const last = first + (bounds[2 * at + 1] ?? 0);
    if (last < first) throw malformed('a shard that ends before it begins');
    const epoch = epochs[epochs.length === 1 ? 0 : at] ?? 0;
    ranges.push({ first: asSlot(first), last: asSlot(last), epoch });
    next = last + 1;
  }
  return ranges;
}

function shardsFromMessage(message: ShardList, tables: ConfigurationTables): readonly Shard[] {
  const shards = rangesFromMessage(message).map((range): Shard => ({ ...range, source: undefined }));
  const { sources } = message;
  if (sources.length % 2 !== 0) throw malformed('a moving shard without a source');
  let before = -1;
  for (let pair = 0; pair < sources.length; pair += 2) {
    const at = sources[pair] ?? 0;
    const shard = shards[at];
    if (shard === undefined || at <= before) throw malformed('a source for an unknown shard');
    shards[at] = { ...shard, source: tables.order(sources[pair + 1] ?? 0) };
    before = at;
  }
  return shards;
}

/**
 * The member and shard fields of the bondsmith's order. A configuration leaves them empty, because the log of that
 * order holds its members.
 */
const NO_MEMBERS = { membersNumber: 0, voters: [], learners: [], shards: undefined, isDissolving: false } as const;
