/** Under which key each record lies. */
import { assert } from '../wire/assertion.ts';
import type { LogIndex, OrderId } from '../wire/identifiers.ts';
import { asLogIndex, ID_BYTES, parseId } from '../wire/identifiers.ts';
import type { ChunkOrigin } from '../wire/records/records.ts';
import type { RecordKey } from './contract.ts';

/** Who the radiant is. Written by storage alone, at every taking-up. */
export const IDENTITY_KEY: RecordKey = 'identity';
export const FOUNDING_KEY: RecordKey = 'founding';
export const CONFIGURATION_KEY: RecordKey = 'configuration';

export const groupCreationKey = (order: OrderId): RecordKey => `group/${order}/creation`;
/** Where this radiant was a member and is none any more: all else of the order is gone then. */
export const groupDepartureKey = (order: OrderId): RecordKey => `group/${order}/departure`;
export const groupStateKey = (order: OrderId): RecordKey => `group/${order}/state`;
export const groupSeenKey = (order: OrderId): RecordKey => `group/${order}/seen`;

/** Everything that a radiant keeps of an order lies under it. */
export const groupPrefix = (order: OrderId): RecordKey => `group/${order}/`;

/** Of the manifest that makes a set of chunks this replica's state. */
export const groupCheckpointKey = (order: OrderId): RecordKey => `group/${order}/checkpoint`;
/** Of another replica's state that is being fetched. */
export const groupIncomingKey = (order: OrderId): RecordKey => `group/${order}/incoming`;

/** Of one chunk of a state; chunks count from 0. Bytewise order is the order of the chunks. */
export function groupChunkKey(order: OrderId, { origin, index, number }: ChunkPlace): RecordKey {
  const place = String(index).padStart(INDEX_DIGITS, '0');
  return `${groupChunkPrefix(order)}${origin}/${place}/${String(number).padStart(CHUNK_DIGITS, '0')}`;
}

export const groupChunkPrefix = (order: OrderId): RecordKey => `group/${order}/chunk/`;

/** Which chunk lies under this key; undefined where the key is of no chunk of this order. */
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
  /** Of the state that it is a part of. */
  readonly index: LogIndex;
  readonly number: number;
}

/** Of the log record whose first entry has this index. Bytewise order is the order of the log. */
export function groupLogKey(order: OrderId, firstIndex: LogIndex): RecordKey {
  return `${groupLogPrefix(order)}${String(firstIndex).padStart(INDEX_DIGITS, '0')}`;
}

export const groupLogPrefix = (order: OrderId): RecordKey => `group/${order}/log/`;

/** First index of the log record under this key; undefined where the key is none of this order's log. */
export function parseGroupLogKey(order: OrderId, key: RecordKey): LogIndex | undefined {
  const prefix = groupLogPrefix(order);
  if (!key.startsWith(prefix)) return undefined;
  return indexAt(key, prefix.length);
}

/** The index whose digits end the key; undefined: something else does. */
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

/** Every order of which records under these keys tell anything, in bytewise order. */
export function ordersIn(keys: Iterable<RecordKey>): OrderId[] {
  const orders = new Set<string>();
  for (const key of keys) {
    if (key.startsWith(GROUP_PREFIX) && key[ORDER_END] === '/') orders.add(key.slice(GROUP_PREFIX.length, ORDER_END));
  }
  return [...orders].sort().map((order) => parseId<OrderId>(order));
}

/**
 * Keys are short and of few characters: their bytes are their character codes
 * (which the checksum relies on), and bytewise order is string order.
 */
export function assertRecordKey(key: RecordKey): void {
  assert(KEY_PATTERN.test(key), `"${key.slice(0, 80)}" is no record key`);
}

const INDEX_DIGITS = 16;
const CHUNK_DIGITS = 8;
const ZERO = '0'.charCodeAt(0);
const CHUNK_PATTERN = /^(own|fetched)\/([0-9]{16})\/([0-9]{8})$/;
const GROUP_PREFIX = 'group/';
const ORDER_END = GROUP_PREFIX.length + 2 * ID_BYTES;
const KEY_PATTERN = /^[a-z0-9/-]{1,128}$/;
