import type { LogIndex, OrderId } from '../wire/identifiers.ts';
import { asLogIndex, ID_BYTES, parseId } from '../wire/identifiers.ts';
import type { ChunkOrigin } from '../wire/records/records.ts';
import type { RecordKey } from './contract.ts';

/** Pattern of a key. Keys are short ASCII strings, so their order as strings equals their bytewise order. */
export const RECORD_KEY_PATTERN = /^[a-z0-9/-]{1,128}$/;

/** Key of the identity record. Only the storage writes this record, at every opening. */
export const IDENTITY_KEY: RecordKey = 'identity';
export const FOUNDING_KEY: RecordKey = 'founding';
export const CONFIGURATION_KEY: RecordKey = 'configuration';

export const groupCreationKey = (order: OrderId): RecordKey => `group/${order}/creation`;
/** Key of the record that marks an order as left by this radiant. No other record of that order remains. */
export const groupDepartureKey = (order: OrderId): RecordKey => `group/${order}/departure`;
export const groupStateKey = (order: OrderId): RecordKey => `group/${order}/state`;
export const groupSeenKey = (order: OrderId): RecordKey => `group/${order}/seen`;

export const groupPrefix = (order: OrderId): RecordKey => `group/${order}/`;

/** Key of the manifest that names the chunks of the current checkpoint. */
export const groupCheckpointKey = (order: OrderId): RecordKey => `group/${order}/checkpoint`;
/** Key of the description of a snapshot that is being fetched. */
export const groupIncomingKey = (order: OrderId): RecordKey => `group/${order}/incoming`;

/** Key of one chunk of a state. Numbers start at 0. Bytewise order is the order of the chunks. */
export function groupChunkKey(order: OrderId, { origin, index, number }: ChunkPlace): RecordKey {
  const place = String(index).padStart(INDEX_DIGITS, '0');
  return `${groupChunkPrefix(order)}${origin}/${place}/${String(number).padStart(CHUNK_DIGITS, '0')}`;
}

export const groupChunkPrefix = (order: OrderId): RecordKey => `group/${order}/chunk/`;

/** The place of the chunk with this key. Undefined if the key is not a chunk of this order. */
export function parseGroupChunkKey(order: OrderId, key: RecordKey): ChunkPlace | undefined {
  const prefix = groupChunkPrefix(order);
  if (!key.startsWith(prefix)) return undefined;
  const match = CHUNK_PATTERN.exec(key.slice(prefix.length));
  const index = Number(match?.[2]);
  if (!Number.isSafeInteger(index)) return undefined;
  return { origin: match?.[1] === 'own' ? 'own' : 'fetched', index: asLogIndex(index), number: Number(match?.[3]) };
}

export interface ChunkPlace {
  readonly origin: ChunkOrigin;
  /** Index of the state that the chunk is part of. */
  readonly index: LogIndex;
  readonly number: number;
}

/** Key of the log record whose first entry has this index. Bytewise order is the order of the log. */
export function groupLogKey(order: OrderId, firstIndex: LogIndex): RecordKey {
  return `group/${order}/log/${String(firstIndex).padStart(INDEX_DIGITS, '0')}`;
}

export const groupLogPrefix = (order: OrderId): RecordKey => `group/${order}/log/`;

/** Index of the first entry of a log record. Undefined if the key is not in this order's log. */
export function parseGroupLogKey(order: OrderId, key: RecordKey): LogIndex | undefined {
  const prefix = groupLogPrefix(order);
  if (!key.startsWith(prefix)) return undefined;
  return indexAt(key, prefix.length);
}

/** The index in the digits from `start` to the end of the key. Undefined if the key does not end with such an index. */
function indexAt(key: RecordKey, start: number): LogIndex | undefined {
  if (key.length !== start + INDEX_DIGITS) return undefined;
  let index = 0;
  for (let at = start; at < key.length; at++) {
    const digit = key.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    index = 10 * index + digit;
  }
  return Number.isSafeInteger(index) ? asLogIndex(index) : undefined;
}

/** The orders to which records with these keys belong, in bytewise order of their ids. */
export function ordersIn(keys: Iterable<RecordKey>): OrderId[] {
  const orders = new Set<string>();
  for (const key of keys) {
    if (key.startsWith(GROUP_PREFIX) && key[ORDER_END] === '/') orders.add(key.slice(GROUP_PREFIX.length, ORDER_END));
  }
  return [...orders].sort().map((order) => parseId<OrderId>(order));
}

const INDEX_DIGITS = 16;
const CHUNK_DIGITS = 8;
const ZERO = '0'.charCodeAt(0);
const CHUNK_PATTERN = /^(own|fetched)\/([0-9]{16})\/([0-9]{8})$/;
const GROUP_PREFIX = 'group/';
const ORDER_END = GROUP_PREFIX.length + 2 * ID_BYTES;
