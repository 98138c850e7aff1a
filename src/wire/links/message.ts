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
import { malformed } from '../decoding.ts';
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
const LAYOUT = LAYOUT_VERSION << 4;
const KINDS = { greeting: 1, 'greeting-answer': 2, ping: 3, pong: 4, goodbye: 5, chunk: 6 } as const;
const FIRST = 0x80;
const LAST = 0x40;
const STREAM_MASK = 0x3f;
const NO_BYTES = new Uint8Array(0);

export function encodeControlMessage(message: ControlMessage): Uint8Array<ArrayBuffer> {
  const content = controlContent(message);
  const bytes = new Uint8Array(1 + content.length);
  bytes[0] = LAYOUT | KINDS[message.kind];
  bytes.set(content, 1);
  return bytes;
}

export function encodeChunk({
  stream,
  number,
  last,
  frameBytes,
  payload,
}: Omit<Chunk, 'kind'>): Uint8Array<ArrayBuffer> {
  const headerBytes = frameBytes === undefined ? FURTHER_CHUNK_HEADER_BYTES : FIRST_CHUNK_HEADER_BYTES;
  const bytes = new Uint8Array(headerBytes + payload.length);
  const header = new DataView(bytes.buffer);
  header.setUint8(0, LAYOUT | KINDS.chunk);
  header.setUint8(1, (frameBytes === undefined ? 0 : FIRST) | (last ? LAST : 0) | stream);
  header.setUint32(2, number);
  if (frameBytes !== undefined) header.setUint32(6, frameBytes);
  bytes.set(payload, headerBytes);
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
  const isFirst = ((bytes[1] ?? 0) & FIRST) !== 0;
  const headerBytes = isFirst ? FIRST_CHUNK_HEADER_BYTES : FURTHER_CHUNK_HEADER_BYTES;
  if (bytes.length <= headerBytes) throw malformed(`a chunk of ${bytes.length} bytes`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const flags = header.getUint8(1);
  return {
    kind: 'chunk',
    stream: flags & STREAM_MASK,
    number: header.getUint32(2),
    last: (flags & LAST) !== 0,
    frameBytes: isFirst ? header.getUint32(6) : undefined,
    payload: bytes.subarray(headerBytes),
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
      const content = new DataView(new ArrayBuffer(4));
      content.setUint32(0, message.number);
      return new Uint8Array(content.buffer);
    }
    case 'goodbye':
      return NO_BYTES;
  }
}

function onlyNumber(bytes: Uint8Array): number {
  if (bytes.length !== 5) throw malformed(`a ping or pong of ${bytes.length} bytes`);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
}
