/**
 * Branded ids and indexes. A plain string or number never passes for one of
 * them; the constructors here are the only way in, and they check.
 */
import { InvalidArgumentError } from './errors.ts';
import { bytesFromHex } from './hex.ts';
import { ID_BYTES, idTextAt } from './id-table.ts';

export { bytesFromHex, hexFromBytes } from './hex.ts';
export { ID_BYTES } from './id-table.ts';

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** One system: random, 32 hexadecimal digits (16 bytes on the wire). */
export type ClusterId = Branded<string, 'ClusterId'>;
/** One node, for as long as its database lives. */
export type RadiantId = Branded<string, 'RadiantId'>;
/** One taking-up of an identity: new at every start (design, rule 3). */
export type BootId = Branded<string, 'BootId'>;
/** One replica group; its id is random and minted once (design, rule 1). */
export type OrderId = Branded<string, 'OrderId'>;
/** One browser profile or one Node data directory. */
export type DeviceId = Branded<string, 'DeviceId'>;
/** One caller with its own sequence numbers. */
export type ClientId = Branded<string, 'ClientId'>;
/** The signaling room of one cluster: 64 hexadecimal digits, derived from its secret, that tell nothing of it. */
export type RoomName = Branded<string, 'RoomName'>;
/** One open link, local to the radiant that names it. */
export type LinkId = Branded<number, 'LinkId'>;

/** A member of one order: 1, 2, 3 …; given out once per joining, never used again (design, rule 2). */
export type ReplicaId = Branded<number, 'ReplicaId'>;
/** A position in an order's log; the first entry has 1, and 0 lies before it. */
export type LogIndex = Branded<number, 'LogIndex'>;
/** One of the 16,384 places of the hash ring. */
export type Slot = Branded<number, 'Slot'>;
/** Counts a client's commands from 1. */
export type SequenceNumber = Branded<number, 'SequenceNumber'>;
/** Counts a client boot's requests from 1. */
export type RequestNumber = Branded<number, 'RequestNumber'>;

export type RandomId = ClusterId | RadiantId | BootId | OrderId | DeviceId | ClientId;

/** Bytes of a room's name on the wire. */
export const ROOM_BYTES = 32;
export const SLOT_COUNT = 16_384;

const ID_PATTERN = /^[0-9a-f]{32}$/;
const ROOM_PATTERN = /^[0-9a-f]{64}$/;

/**
 * Checks the text form of a random id and brands it.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless it is 32 lower-case hexadecimal digits.
 */
export function parseId<Id extends RandomId>(text: string): Id {
  if (!ID_PATTERN.test(text)) {
    throw new InvalidArgumentError(`an id has 32 hexadecimal digits, this has ${text.length} characters`);
  }
  return text as Id;
}

/**
 * Checks the text form of a room's name and brands it.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless it is 64 lower-case hexadecimal digits.
 */
export function parseRoomName(text: string): RoomName {
  if (!ROOM_PATTERN.test(text)) throw new InvalidArgumentError('the name of a room has 64 hexadecimal digits');
  return text as RoomName;
}

/**
 * Reads an id off the wire.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless it is 16 bytes long.
 */
export function idFromBytes<Id extends RandomId>(bytes: Uint8Array): Id {
  if (bytes.length !== ID_BYTES) {
    throw new InvalidArgumentError(`an id has ${ID_BYTES} bytes, this has ${bytes.length}`);
  }
  return idTextAt(bytes, 0) as Id;
}

/** The id that lies in `bytes` from `at` on: the caller has made sure that `ID_BYTES` are there. */
export function idAt<Id extends RandomId>(bytes: Uint8Array, at: number): Id {
  return idTextAt(bytes, at) as Id;
}

/** The 16 bytes of an id. */
export function idToBytes(id: RandomId): Uint8Array {
  return bytesFromHex(id);
}

/** How people see an id: its first six digits. */
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
    // Not everything that is handed over in place of a number has a form as text.
    const given = typeof value === 'number' ? value : typeof value;
    throw new InvalidArgumentError(`${what} is a whole number from ${smallest} to ${largest}, not ${given}`);
  }
  return value;
}
