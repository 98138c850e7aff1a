/**
 * The control messages of a link. Each message of a link is one message of the data channel, of at most
 * `LIMITS.links.chunkBytes`. The upper four bits of the first byte are the version of this layout, and the lower four
 * bits are the kind of message. The content of a greeting, an answer, a ping, a pong or a goodbye follows. `framing.ts`
 * describes the layout of a chunk.
 */
import { malformed } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import {
  decodeGreeting,
  decodeGreetingAnswer,
  encodeGreeting,
  encodeGreetingAnswer,
  type Greeting,
  type GreetingAnswer,
} from './greeting.ts';

/**
 * A message between the two ends of a link, outside of all frames. It fits into one chunk and is sent before all
 * frames.
 */
export type ControlMessage =
  | { readonly kind: 'greeting'; readonly greeting: Greeting }
  | { readonly kind: 'greeting-answer'; readonly answer: GreetingAnswer }
  /** The receiver answers at once with a pong of the same number, 0 to 2^32 - 1. */
  | { readonly kind: 'ping'; readonly number: number }
  | { readonly kind: 'pong'; readonly number: number }
  /** The sender leaves. No message of the sender follows. */
  | { readonly kind: 'goodbye' };

const LAYOUT_VERSION = 1;
const LAYOUT = LAYOUT_VERSION << 4;
const KINDS = { greeting: 1, 'greeting-answer': 2, ping: 3, pong: 4, goodbye: 5 } as const;
/** The first byte of a chunk. */
export const CHUNK = LAYOUT | 6;
const NO_BYTES = new Uint8Array(0);

export function encodeControlMessage(message: ControlMessage): Uint8Array<ArrayBuffer> {
  const content = controlContent(message);
  const bytes = new Uint8Array(1 + content.length);
  bytes[0] = LAYOUT | KINDS[message.kind];
  bytes.set(content, 1);
  return bytes;
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`, `VERSION_UNSUPPORTED` */
export function decodeControlMessage(bytes: Uint8Array): ControlMessage {
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
    default:
      throw malformed(`a message of kind ${first & 0x0f}`);
  }
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
