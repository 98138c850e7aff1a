/** Branded ids and numbers. The only way to make one is a constructor of this file, which checks the value. */
import { InvalidArgumentError } from './errors.ts';
import { bytesFromHex } from './hex.ts';
import { ID_BYTES, idTextAt } from './id-table.ts';

export { bytesFromHex, hexFromBytes } from './hex.ts';
export { ID_BYTES } from './id-table.ts';

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** One system. A random id of 32 hexadecimal digits, or 16 bytes on the wire. */
export type ClusterId = Branded<string, 'ClusterId'>;
/** One node, until its database is deleted. */
export type RadiantId = Branded<string, 'RadiantId'>;
/** One start of an identity (design, rule 3). */
export type BootId = Branded<string, 'BootId'>;
/** One replica group (design, rule 1). */
export type OrderId = Branded<string, 'OrderId'>;
/** One browser profile or one Node data directory. */
export type DeviceId = Branded<string, 'DeviceId'>;
/** One caller with sequence numbers of its own. */
export type ClientId = Branded<string, 'ClientId'>;
/** The signaling room of one cluster. Its 64 hexadecimal digits derive from the cluster's secret, but do not reveal it. */
export type RoomName = Branded<string, 'RoomName'>;
/** One open link of a radiant. Other radiants have other ids for it. */
export type LinkId = Branded<number, 'LinkId'>;

/** A member of one order, numbered from 1. Each join gets a new number (design, rule 2). */
export type ReplicaId = Branded<number, 'ReplicaId'>;
/** A position in an order's log. The first entry has index 1, and 0 precedes it. */
export type LogIndex = Branded<number, 'LogIndex'>;
/** One of the 16,384 slots of the hash ring. */
export type Slot = Branded<number, 'Slot'>;
/** Counts the commands of a client from 1. */
export type SequenceNumber = Branded<number, 'SequenceNumber'>;
/** Counts the requests of a client boot from 1. */
export type RequestNumber = Branded<number, 'RequestNumber'>;

export type RandomId = ClusterId | RadiantId | BootId | OrderId | DeviceId | ClientId;

/** Bytes of a room name on the wire. */
export const ROOM_BYTES = 32;
export const SLOT_COUNT = 16_384;

const ID_PATTERN = /^[0-9a-f]{32}$/;
const ROOM_PATTERN = /^[0-9a-f]{64}$/;

/**
 * Checks the text form of a random id.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless it is 32 lower-case hexadecimal digits.
 */
export function parseId<Id extends RandomId>(text: string): Id {
  if (!ID_PATTERN.test(text)) {
    throw new InvalidArgumentError(`An id has 32 hexadecimal digits; this text has ${text.length} characters.`);
  }
  return text as Id;
}

/**
 * Checks the text form of a room name.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless it is 64 lower-case hexadecimal digits.
 */
export function parseRoomName(text: string): RoomName {
  if (!ROOM_PATTERN.test(text)) throw new InvalidArgumentError('The name of a room has 64 hexadecimal digits.');
  return text as RoomName;
}

/**
 * Decodes an id.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless it is 16 bytes long.
 */
export function idFromBytes<Id extends RandomId>(bytes: Uint8Array): Id {
  if (bytes.length !== ID_BYTES) {
    throw new InvalidArgumentError(`An id has ${ID_BYTES} bytes; this one has ${bytes.length}.`);
  }
  return idTextAt(bytes, 0) as Id;
}

/** The id at `at` in `bytes`. The caller has checked that `ID_BYTES` bytes are left. */
export function idAt<Id extends RandomId>(bytes: Uint8Array, at: number): Id {
  return idTextAt(bytes, at) as Id;
}

/** The 16 bytes of an id. */
export function idToBytes(id: RandomId): Uint8Array {
  return bytesFromHex(id);
}

/** The first six digits, for people. */
export function shortId(id: RandomId): string {
  return id.slice(0, 6);
}

export const asLinkId = (value: number): LinkId => whole(value, 'a link id') as LinkId;
export const asReplicaId = (value: number): ReplicaId => whole(value, 'a replica id', 1) as ReplicaId;
export const asLogIndex = (value: number): LogIndex => whole(value, 'a log index') as LogIndex;
export const asSequenceNumber = (value: number): SequenceNumber => whole(value, 'a sequence number') as SequenceNumber;
export const asRequestNumber = (value: number): RequestNumber => whole(value, 'a request number', 1) as RequestNumber;
export const asSlot = (value: number): Slot => whole(value, 'a slot', 0, SLOT_COUNT - 1) as Slot;

function whole(value: number, what: string, smallest = 0, largest = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < smallest || value > largest) {
    // Some values have no text form.
    const given = typeof value === 'number' ? value : typeof value;
    throw new InvalidArgumentError(`${what} is a whole number from ${smallest} to ${largest}, not ${given}`);
  }
  return value;
}
