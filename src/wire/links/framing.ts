/**
 * The two ends of a link: the sender divides frames into chunks, and the receiver joins them.
 *
 * | byte of a chunk | meaning |
 * | --- | --- |
 * | 0 | `CHUNK` |
 * | 1 | bit 7: first of its frame; bit 6: last of it; the rest: its stream |
 * | 2–5 | number of the chunk on this link, from 0, modulo 2^32, big-endian |
 * | 6–9 | on a first chunk only: bytes of the whole frame, big-endian |
 * | then | bytes of the frame |
 */
import { assert } from '../assertion.ts';
import { malformed } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { CHUNK, type ControlMessage, decodeControlMessage, encodeControlMessage } from './control-message.ts';

/**
 * Priority of a frame on a link. `urgent` frames (votes, heartbeats, presence) overtake all others. `call` frames
 * (requests of clients and their answers) and `bulk` frames (appends, snapshots, shards) alternate chunk by chunk.
 */
export type Urgency = 'urgent' | 'bulk' | 'call';

/** The content of received messages, either a control message or a complete frame. */
export type LinkEvent = ControlMessage | { readonly kind: 'frame'; readonly bytes: Uint8Array };

class FrameQueue {
  #frames: (Uint8Array | undefined)[] = [];
  /** Index of the oldest frame. */
  #head = 0;

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
  }

  shift(): Uint8Array | undefined {
    const frame = this.#frames[this.#head];
    if (frame === undefined) return undefined;
    this.#frames[this.#head] = undefined;
    this.#head++;
    // More than half of the array is unused. Moving the rest only then costs O(1) for each shift on average.
    if (this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    return frame;
  }
}

/** A sequence of frames, which are sent in order. The chunks of different streams alternate. */
interface OutgoingStream {
  readonly number: number;
  /** Frames of which no byte was sent yet. */
  readonly waiting: FrameQueue;
  /** The frame of which some bytes were sent. */
  begun: { readonly frame: Uint8Array; sentBytes: number } | undefined;
}

const FIRST = 0x80;
const LAST = 0x40;
const STREAM_MASK = 0x3f;
/** Bytes before the payload of a frame's first chunk, and of its further chunks. */
const FIRST_HEADER_BYTES = 10;
const FURTHER_HEADER_BYTES = 6;

/**
 * The outgoing end of a link. It takes frames and returns messages for the channel. The owner of the channel asks for the
 * next message only while the channel has little buffered, so an urgent frame waits for few bytes.
 *
 * The queue holds `LIMITS.links.linkQueuedBytes`. A full queue drops its oldest large calls first, then bulk frames, then small
 * calls, then urgent frames. Clients and consensus resend lost frames, but a late heartbeat starts an election. A frame
 * that was sent in part is never dropped.
 */
export class FrameSender {
  /** The streams by kind of frame. Calls need no order, so small calls and large calls have separate streams. */
  #streams = newStreams();
  /** The streams in the order in which they send. The urgent stream is always first, and the others take turns. */
  #turns = Object.values(this.#streams);
  /**
   * The newest queued control message of each kind. A peer that floods a link with pings therefore cannot fill the
   * queue with pongs.
   */
  readonly #control = new Map<ControlMessage['kind'], ControlMessage>();
  readonly #queuedBytesLimit: number;
  #queuedBytes = 0;
  #nextChunk = 0;
  #droppedFrames = 0;

  /** @param queuedBytesLimit most bytes of queued frames; a single frame may exceed the limit */
  constructor(queuedBytesLimit: number = LIMITS.links.linkQueuedBytes) {
    this.#queuedBytesLimit = queuedBytesLimit;
  }

  /** Bytes that were queued and not yet sent. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Number of frames that were dropped because the queue was full. */
  get droppedFrames(): number {
    return this.#droppedFrames;
  }

  /**
   * Queues a frame. The caller must not change the frame's bytes afterwards.
   * @throws {ShardbearerError} `FRAME_TOO_LARGE`
   */
  queue(frame: Uint8Array, urgency: Urgency): void {
    assert(frame.length > 0, 'a frame is never empty');
    if (frame.length > LIMITS.messages.frameBytes) throw frameTooLarge(frame.length);
    if (this.#queuedBytes + frame.length > this.#queuedBytesLimit) this.#makeRoom(frame.length);
    const isLargeCall = urgency === 'call' && frame.length > LIMITS.links.chunkBytes - FIRST_HEADER_BYTES;
    this.#streams[isLargeCall ? 'largeCall' : urgency].waiting.push(frame);
    this.#queuedBytes += frame.length;
  }

  /** Queues a control message before all frames. It replaces a queued message of the same kind. */
  control(message: ControlMessage): void {
    this.#control.delete(message.kind);
    this.#control.set(message.kind, message);
  }

  /** Drops all frames, including one that was sent in part. Only control messages may follow on this link. */
  abandonFrames(): void {
    this.#streams = newStreams();
    this.#turns = Object.values(this.#streams);
    this.#queuedBytes = 0;
  }

  /**
   * Returns the next message for the channel. Control messages come first, then urgent frames, then the other streams
   * in turn.
   */
  next(): Uint8Array<ArrayBuffer> | undefined {
    for (const [kind, message] of this.#control) {
      this.#control.delete(kind);
      return encodeControlMessage(message);
    }
    for (const stream of this.#turns) {
      const chunk = this.#nextChunkOf(stream);
      if (chunk === undefined) continue;
      if (stream !== this.#streams.urgent) {
        this.#turns.splice(this.#turns.indexOf(stream), 1);
        this.#turns.push(stream);
      }
      return chunk;
    }
    return undefined;
  }

  #nextChunkOf(stream: OutgoingStream): Uint8Array<ArrayBuffer> | undefined {
    const frame = stream.begun?.frame ?? stream.waiting.shift();
    if (frame === undefined) return undefined;
    const start = stream.begun?.sentBytes ?? 0;
    const headerBytes = start === 0 ? FIRST_HEADER_BYTES : FURTHER_HEADER_BYTES;
    const end = Math.min(start + LIMITS.links.chunkBytes - headerBytes, frame.length);
    const isLast = end === frame.length;
    stream.begun = isLast ? undefined : { frame, sentBytes: end };
    this.#queuedBytes -= end - start;
    const chunk = new Uint8Array(headerBytes + end - start);
    const header = new DataView(chunk.buffer);
    header.setUint8(0, CHUNK);
    header.setUint8(1, (start === 0 ? FIRST : 0) | (isLast ? LAST : 0) | stream.number);
    header.setUint32(2, this.#nextChunk);
    if (start === 0) header.setUint32(6, frame.length);
    chunk.set(frame.subarray(start, end), headerBytes);
    this.#nextChunk = (this.#nextChunk + 1) >>> 0;
    return chunk;
  }

  #makeRoom(bytes: number): void {
    const { urgent, bulk, call, largeCall } = this.#streams;
    while (this.#queuedBytes + bytes > this.#queuedBytesLimit) {
      const dropped =
        largeCall.waiting.shift() ?? bulk.waiting.shift() ?? call.waiting.shift() ?? urgent.waiting.shift();
      if (dropped === undefined) return;
      this.#queuedBytes -= dropped.length;
      this.#droppedFrames++;
    }
  }
}

function newStreams(): Record<Urgency | 'largeCall', OutgoingStream> {
  const stream = (number: number): OutgoingStream => ({ number, waiting: new FrameQueue(), begun: undefined });
  return { urgent: stream(0), bulk: stream(1), call: stream(2), largeCall: stream(3) };
}

interface IncomingFrame {
  readonly frameBytes: number;
  readonly payloads: Uint8Array[];
  receivedBytes: number;
}

/**
 * The incoming end of a link. It takes the messages of the channel in order and returns whole frames. Chunk numbers
 * count over all streams. A lost or repeated chunk is therefore detected even if the chunk held a whole frame.
 */
export class FrameReceiver {
  /** The incomplete frame of each stream. */
  readonly #frames = new Map<number, IncomingFrame>();
  #nextChunk = 0;
  #failure: ShardbearerError | undefined;

  /**
   * Takes one message, whose bytes must not change afterwards. Returns undefined for a part of a frame. After an error,
   * every call throws the same error, and the caller replaces the link.
   * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`, `VERSION_UNSUPPORTED`; `LINK_FAILED` for a lost or
   * repeated chunk
   */
  receive(message: Uint8Array): LinkEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (message.length > LIMITS.links.chunkBytes) {
        const size = `A message has ${message.length} bytes; the limit is ${LIMITS.links.chunkBytes}.`;
        throw new ShardbearerError('FRAME_TOO_LARGE', size);
      }
      return message[0] === CHUNK ? this.#receiveChunk(message) : decodeControlMessage(message);
    } catch (error) {
      this.#failure = error instanceof ShardbearerError ? error : malformed(String(error), { cause: error });
      this.#frames.clear();
      throw this.#failure;
    }
  }

  #receiveChunk(chunk: Uint8Array): LinkEvent | undefined {
    const flags = chunk[1] ?? 0;
    const isFirst = (flags & FIRST) !== 0;
    const headerBytes = isFirst ? FIRST_HEADER_BYTES : FURTHER_HEADER_BYTES;
    if (chunk.length <= headerBytes) throw malformed(`a chunk of ${chunk.length} bytes`);
    const header = new DataView(chunk.buffer, chunk.byteOffset, headerBytes);
    const number = header.getUint32(2);
    if (number !== this.#nextChunk) {
      throw new ShardbearerError('LINK_FAILED', `Chunk ${number} arrived instead of chunk ${this.#nextChunk}.`);
    }
    this.#nextChunk = (number + 1) >>> 0;
    const stream = flags & STREAM_MASK;
    const frame = isFirst ? this.#begin(stream, header.getUint32(6)) : this.#frames.get(stream);
    if (frame === undefined) throw malformed('a chunk of a frame that did not begin');
    const payload = chunk.subarray(headerBytes);
    frame.payloads.push(payload);
    frame.receivedBytes += payload.length;
    if (frame.receivedBytes > frame.frameBytes) throw malformed('chunks that exceed their frame');
    if ((flags & LAST) === 0) {
      this.#frames.set(stream, frame);
      return undefined;
    }
    if (frame.receivedBytes < frame.frameBytes) throw malformed('a last chunk of an incomplete frame');
    this.#frames.delete(stream);
    // Most frames fit into one chunk, which needs no copy.
    return { kind: 'frame', bytes: frame.payloads.length === 1 ? payload : joined(frame) };
  }

  #begin(stream: number, frameBytes: number): IncomingFrame {
    if (stream >= LIMITS.links.linkStreams) throw malformed(`stream ${stream} of ${LIMITS.links.linkStreams}`);
    if (this.#frames.has(stream)) throw malformed('a frame that begins inside another frame');
    if (frameBytes > LIMITS.messages.frameBytes) throw frameTooLarge(frameBytes);
    return { frameBytes, payloads: [], receivedBytes: 0 };
  }
}

function joined({ frameBytes, payloads }: IncomingFrame): Uint8Array {
  const bytes = new Uint8Array(frameBytes);
  let at = 0;
  for (const payload of payloads) {
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}

function frameTooLarge(bytes: number): ShardbearerError {
  return new ShardbearerError(
    'FRAME_TOO_LARGE',
    `A frame has ${bytes} bytes; the limit is ${LIMITS.messages.frameBytes}.`,
  );
}
