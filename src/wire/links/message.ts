/**
 * The messages of a link. Each is one message of the data channel, of at most `LIMITS.chunkBytes`.
 *
 * | byte | meaning |
 * | --- | --- |
 * | 0 | high half: version of this layout; low half: kind |
 *
 * The content of a greeting, an answer, a ping, a pong or a goodbye follows. A chunk continues with:
 *
 * | byte | meaning |
 * | --- | --- |
 * | 1 | bit 7: first of its frame; bit 6: last of it; the rest: its stream |
 * | 2–5 | number of the chunk on this link, from 0, modulo 2^32, big-endian |
 * | 6–9 | on a first chunk only: bytes of the whole frame, big-endian |
 * | then | bytes of the frame |
 */
import { boundedBytes, malformed } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import type { Greeting, GreetingAnswer } from './greeting.ts';
import { decodeGreeting, decodeGreetingAnswer, encodeGreeting, encodeGreetingAnswer } from './greeting-codec.ts';
import { LIMITS } from '../limits.ts';

/** A message of the link itself. It fits into one chunk and overtakes all frames. */
export type ControlMessage =
  | { readonly kind: 'greeting'; readonly greeting: Greeting }
  | { readonly kind: 'greeting-answer'; readonly answer: GreetingAnswer }
  /** Answered at once by a pong with the same number, 0 to 2^32 - 1. */
  | { readonly kind: 'ping'; readonly number: number }
  | { readonly kind: 'pong'; readonly number: number }
  /** The sender leaves. No message follows. */
  | { readonly kind: 'goodbye' };

export interface Chunk {
  readonly kind: 'chunk';
  readonly stream: number;
  readonly number: number;
  readonly last: boolean;
  /** Bytes of the whole frame, in its first chunk only. */
  readonly frameBytes: number | undefined;
  /** A view of the message. */
  readonly payload: Uint8Array;
}

type LinkMessage = ControlMessage | Chunk;

/** Bytes before the payload, in the first chunk of a frame and in further chunks. */
export const FIRST_CHUNK_HEADER_BYTES = 10;
export const FURTHER_CHUNK_HEADER_BYTES = 6;

const LAYOUT_VERSION = 1;
const KINDS = { greeting: 1, 'greeting-answer': 2, ping: 3, pong: 4, goodbye: 5, chunk: 6 } as const;
const FIRST = 0x80;
const LAST = 0x40;
const STREAM_MASK = 0x3f;
const NO_BYTES = new Uint8Array(0);

export function encodeControlMessage(message: ControlMessage): Uint8Array {
  const content = controlContent(message);
  const bytes = new Uint8Array(1 + content.length);
  bytes[0] = firstByte(message.kind);
  bytes.set(content, 1);
  return bytes;
}

export function encodeChunk(chunk: Omit<Chunk, 'kind'>): Uint8Array {
  const headerBytes = chunk.frameBytes === undefined ? FURTHER_CHUNK_HEADER_BYTES : FIRST_CHUNK_HEADER_BYTES;
  const bytes = new Uint8Array(headerBytes + chunk.payload.length);
  bytes[0] = firstByte('chunk');
  bytes[1] = (chunk.frameBytes === undefined ? 0 : FIRST) | (chunk.last ? LAST : 0) | chunk.stream;
  writeUint32(bytes, 2, chunk.number);
  if (chunk.frameBytes !== undefined) writeUint32(bytes, 6, chunk.frameBytes);
  bytes.set(chunk.payload, headerBytes);
  return bytes;
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`, `VERSION_UNSUPPORTED` */
export function decodeLinkMessage(bytes: Uint8Array): LinkMessage {
  if (bytes.length > LIMITS.chunkBytes) {
    throw new ShardbearerError(
      'FRAME_TOO_LARGE',
      `A message has ${bytes.length} bytes; the limit is ${LIMITS.chunkBytes}.`,
    );
  }
  const [first] = bytes;
  if (first === undefined) throw malformed('an empty message');
  if (first >> 4 !== LAYOUT_VERSION) {
    throw new ShardbearerError(
      'VERSION_UNSUPPORTED',
      `A message has layout ${first >> 4}; this build reads layout ${LAYOUT_VERSION}. Reload the older tab.`,
    );
  }
  switch (first & 0x0f) {
    case KINDS.greeting:
      return { kind: 'greeting', greeting: decodeGreeting(bytes.subarray(1)) };
    case KINDS['greeting-answer']:
      return { kind: 'greeting-answer', answer: decodeGreetingAnswer(bytes.subarray(1)) };
    case KINDS.ping:
      return { kind: 'ping', number: onlyNumber(bytes) };
    case KINDS.pong:
      return { kind: 'pong', number: onlyNumber(bytes) };
    case KINDS.goodbye:
      return { kind: 'goodbye' };
    case KINDS.chunk:
      return decodeChunk(bytes);
    default:
      throw malformed(`a message of kind ${first & 0x0f}`);
  }
}

function decodeChunk(bytes: Uint8Array): Chunk {
  const flags = readUint8(bytes, 1);
  const number = readUint32(bytes, 2);
  const isFirst = (flags & FIRST) !== 0;
  const payload = bytes.subarray(isFirst ? FIRST_CHUNK_HEADER_BYTES : FURTHER_CHUNK_HEADER_BYTES);
  return {
    kind: 'chunk',
    stream: flags & STREAM_MASK,
    number,
    last: (flags & LAST) !== 0,
    frameBytes: isFirst ? readUint32(bytes, 6) : undefined,
    payload: boundedBytes(payload, 1, LIMITS.chunkBytes, 'a chunk'),
  };
}

function controlContent(message: ControlMessage): Uint8Array {
  switch (message.kind) {
    case 'greeting':
      return encodeGreeting(message.greeting);
    case 'greeting-answer':
      return encodeGreetingAnswer(message.answer);
    case 'ping':
    case 'pong': {
      const content = new Uint8Array(4);
      writeUint32(content, 0, message.number);
      return content;
    }
    case 'goodbye':
      return NO_BYTES;
  }
}

function firstByte(kind: LinkMessage['kind']): number {
  return (LAYOUT_VERSION << 4) | KINDS[kind];
}

function onlyNumber(bytes: Uint8Array): number {
  boundedBytes(bytes, 5, 5, 'a ping or pong');
  return readUint32(bytes, 1);
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function readUint32(bytes: Uint8Array, at: number): number {
  const high = (readUint8(bytes, at) << 8) | readUint8(bytes, at + 1);
  const low = (readUint8(bytes, at + 2) << 8) | readUint8(bytes, at + 3);
  return high * 0x1_0000 + low;
}

function readUint8(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw malformed('a message that ends within its header');
  return value;
}
