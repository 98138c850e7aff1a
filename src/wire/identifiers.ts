/** Branded ids and numbers. Only the constructors of this file create them, and each constructor checks the value. */
import { InvalidArgumentError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Id of one cluster. A random id has 32 hexadecimal digits, or 16 bytes on the wire. */
export type ClusterId = Branded<string, 'ClusterId'>;
/** Id of one radiant, valid until the radiant's database is deleted. */
export type RadiantId = Branded<string, 'RadiantId'>;
/** Id of one start of an identity (design, rule 3). */
export type BootId = Branded<string, 'BootId'>;
/** Identifies the lock of a range of keys. */
export type LockId = Branded<string, 'LockId'>;
/** Id of one replica group (design, rule 1). */
export type OrderId = Branded<string, 'OrderId'>;
/** Id of one browser profile, whose tabs share storage and locks. */
export type DeviceId = Branded<string, 'DeviceId'>;
/**
 * Id under which a client sends commands or requests. Every session of a client has its own id, with its own sequence
 * numbers.
 */
export type ClientId = Branded<string, 'ClientId'>;
/**
 * Name of the signaling room of one cluster. The 64 hexadecimal digits derive from the cluster's secret, but do not
 * reveal the secret.
 */
export type RoomName = Branded<string, 'RoomName'>;
/** Id of one open link of a radiant. The remote end has another id for the same link. */
export type LinkId = Branded<number, 'LinkId'>;

/** Id of one member of one order, counted from 1. Each join gets a new id (design, rule 2). */
export type ReplicaId = Branded<number, 'ReplicaId'>;
/**
 * A position in an order's log. The first entry has index 1. Index 0 stands for the position before the first entry.
 */
export type LogIndex = Branded<number, 'LogIndex'>;
/** One of the 16,384 slots of the hash ring. */
export type Slot = Branded<number, 'Slot'>;
/** Number of a command, counted from 1 under each client id. */
export type SequenceNumber = Branded<number, 'SequenceNumber'>;
/** Number of a request, counted from 1 in each client boot. */
export type RequestNumber = Branded<number, 'RequestNumber'>;

export type RandomId = ClusterId | RadiantId | BootId | OrderId | DeviceId | ClientId | LockId;

/** Bytes of a random id on the wire. */
export const ID_BYTES = 16;
/** Bytes of a room name on the wire. */
export const ROOM_BYTES = 32;
export const SLOT_COUNT = 16_384;

const DIGITS = '0123456789abcdef';
const ID_PATTERN = /^[0-9a-f]{32}$/;
const ROOM_PATTERN = /^[0-9a-f]{64}$/;

/**
 * Checks the text form of a random id.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the text is 32 lower-case hexadecimal digits
 */
export function parseId<Id extends RandomId>(text: string): Id {
  if (!ID_PATTERN.test(text)) {
    throw new InvalidArgumentError(`An id has 32 hexadecimal digits; this text has ${text.length} characters.`);
  }
  return text as Id;
}

/**
 * Checks the text form of a room name.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the text is 64 lower-case hexadecimal digits
 */
export function parseRoomName(text: string): RoomName {
  if (!ROOM_PATTERN.test(text)) throw new InvalidArgumentError('The name of a room has 64 hexadecimal digits.');
  return text as RoomName;
}

/**
 * Decodes an id.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless there are 16 bytes
 */
export function idFromBytes<Id extends RandomId>(bytes: Uint8Array): Id {
  if (bytes.length !== ID_BYTES) {
    throw new InvalidArgumentError(`An id has ${ID_BYTES} bytes; this one has ${bytes.length}.`);
  }
  return idAt(bytes, 0);
}

/**
 * Number of entries in the cache of decoded ids. A frame holds about six ids, and most of them were decoded before. For
 * such an id the cache returns the earlier string, which needs no new memory and is fast to compare.
 */
const KNOWN_IDS = 4_096;
/** For each hash, the text of the id that was decoded last. An empty text marks a free entry. */
const knownTexts = Array.from({ length: KNOWN_IDS }, () => '');
const knownBytes = new Uint8Array(KNOWN_IDS * ID_BYTES);

/** Reads the id at `at` in `bytes`. The caller has checked that `ID_BYTES` bytes are left. */
export function idAt<Id extends RandomId>(bytes: Uint8Array, at: number): Id {
  // The first bytes of a random id are a good hash.
  const place = ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) % KNOWN_IDS;
  const start = place * ID_BYTES;
  let same = 0;
  while (same < ID_BYTES && knownBytes[start + same] === bytes[at + same]) same++;
  const known = knownTexts[place] ?? '';
  if (same === ID_BYTES && known !== '') return known as Id;
  const id = bytes.subarray(at, at + ID_BYTES);
  const text = hexFromBytes(id);
  knownTexts[place] = text;
  knownBytes.set(id, start);
  return text as Id;
}

export function idToBytes(id: RandomId): Uint8Array {
  return bytesFromHex(id);
}

/** Returns the first six digits of the id, for messages to people. */
export function shortId(id: RandomId): string {
  return id.slice(0, 6);
}

/** Encodes bytes as lower-case hexadecimal digits, two for each byte. Meant for short byte arrays. */
export function hexFromBytes(bytes: Uint8Array): string {
  // Builds one flat string. A concatenation of digits would keep every digit in memory.
  const codes = new Uint8Array(2 * bytes.length);
  for (const [at, byte] of bytes.entries()) {
    codes[2 * at] = DIGITS.charCodeAt(byte >>> 4);
    codes[2 * at + 1] = DIGITS.charCodeAt(byte & 0xf);
  }
  return String.fromCharCode(...codes);
}

/** Decodes hexadecimal digits. The caller has checked the digits. */
export function bytesFromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  putHex(text, bytes, 0);
  return bytes;
}

/** Decodes hexadecimal digits into `target`, from index `start` on. The caller has checked the digits. */
export function putHex(text: string, target: Uint8Array, start: number): void {
  for (let at = 0; at < text.length; at += 2) {
    const [high, low] = [text.charCodeAt(at), text.charCodeAt(at + 1)];
    // The low four bits of '0' to '9' are their value. Those of 'a' to 'f' are 9 less, and only these letters have bit
    // 6 set.
    target[start + at / 2] = (((high & 0xf) + 9 * (high >>> 6)) << 4) | ((low & 0xf) + 9 * (low >>> 6));
  }
}

export const asLinkId = (value: number): LinkId => whole(value, 'a link id') as LinkId;
export const asReplicaId = (value: number): ReplicaId => whole(value, 'a replica id', 1) as ReplicaId;
export const asLogIndex = (value: number): LogIndex => whole(value, 'a log index') as LogIndex;
export const asSequenceNumber = (value: number): SequenceNumber => whole(value, 'a sequence number') as SequenceNumber;
export const asRequestNumber = (value: number): RequestNumber => whole(value, 'a request number', 1) as RequestNumber;
export const asSlot = (value: number): Slot => whole(value, 'a slot', 0, SLOT_COUNT - 1) as Slot;

function whole(value: number, what: string, smallest = 0, largest = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < smallest || value > largest) {
    // The message shows the value only if it is a number, because some other values have no text form.
    const given = typeof value === 'number' ? value : typeof value;
    throw new InvalidArgumentError(`${what} is a whole number from ${smallest} to ${largest}, not ${given}`);
  }
  return value;
}
