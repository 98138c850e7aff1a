import { assert } from '../assertion.ts';
import { ShardbearerError } from '../errors.ts';
import { FrameQueue } from './frame-queue.ts';
import { LIMITS } from '../limits.ts';
import {
  type ControlMessage,
  encodeChunk,
  encodeControlMessage,
  FIRST_CHUNK_HEADER_BYTES,
  FURTHER_CHUNK_HEADER_BYTES,
} from './message.ts';
import type { Urgency } from './urgency.ts';

/**
 * A stream keeps its frames in order. Calls need no order, so a small call has another stream than a large one.
 */
const STREAMS = { urgent: 0, bulk: 1, smallCalls: 2, largeCalls: 3 } as const;

interface FrameInPieces {
  readonly frame: Uint8Array;
  sentBytes: number;
}

class Stream {
  readonly number: number;
  readonly waiting = new FrameQueue();
  inPieces: FrameInPieces | undefined;

  constructor(number: number) {
    this.number = number;
  }

  get bytes(): number {
    const unsent = this.inPieces === undefined ? 0 : this.inPieces.frame.length - this.inPieces.sentBytes;
    return this.waiting.bytes + unsent;
  }
}

/**
 * The outgoing end of a link. It takes frames and returns messages for the channel. The owner of the channel asks for the
 * next message only while the channel has little buffered, so an urgent frame waits for few bytes.
 *
 * The queue holds `LIMITS.linkQueuedBytes`. A full queue drops its oldest large calls first, then bulk frames, then small
 * calls, then urgent frames. Clients and consensus resend lost frames, but a late heartbeat starts an election. A frame
 * that was sent in part is never dropped.
 */
export class FrameSender {
  readonly #urgent = new Stream(STREAMS.urgent);
  readonly #bulk = new Stream(STREAMS.bulk);
  readonly #smallCalls = new Stream(STREAMS.smallCalls);
  readonly #largeCalls = new Stream(STREAMS.largeCalls);
  readonly #streams = [this.#urgent, this.#bulk, this.#smallCalls, this.#largeCalls];
  /** All streams but the urgent one, in the order of their turns. */
  #turns = [this.#bulk, this.#smallCalls, this.#largeCalls];
  /** The newest message of each kind. A peer that floods a link with pings gets one pong. */
  readonly #control = new Map<ControlMessage['kind'], ControlMessage>();
  readonly #queuedBytesLimit: number;
  #nextChunk = 0;
  #droppedFrames = 0;

  /** @param queuedBytesLimit bytes of queued frames; one frame of any size always fits */
  constructor(queuedBytesLimit: number = LIMITS.linkQueuedBytes) {
    this.#queuedBytesLimit = queuedBytesLimit;
  }

  /** Bytes that were queued and not yet sent. */
  get queuedBytes(): number {
    return this.#streams.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Dropped frames since the start. */
  get droppedFrames(): number {
    return this.#droppedFrames;
  }

  /**
   * Queues a frame, which must not change afterwards.
   * @throws {ShardbearerError} `FRAME_TOO_LARGE`
   */
  queue(frame: Uint8Array, urgency: Urgency): void {
    assert(frame.length > 0, 'a frame is never empty');
    if (frame.length > LIMITS.frameBytes) {
      throw new ShardbearerError(
        'FRAME_TOO_LARGE',
        `A frame has ${frame.length} bytes; the limit is ${LIMITS.frameBytes}.`,
      );
    }
    this.#makeRoom(frame.length);
    this.#stream(urgency, frame.length).waiting.push(frame);
  }

  /** Queues a control message before all frames. It replaces a queued one of the same kind. */
  control(message: ControlMessage): void {
    this.#control.delete(message.kind);
    this.#control.set(message.kind, message);
  }

  /** Drops all frames, also one that was sent in part. Only control messages may follow on this link. */
  abandonFrames(): void {
    for (const stream of this.#streams) {
      stream.waiting.clear();
      stream.inPieces = undefined;
    }
  }

  /** The next message for the channel: control messages, then urgent frames, then the other streams in turn. */
  next(): Uint8Array | undefined {
    for (const [kind, message] of this.#control) {
      this.#control.delete(kind);
      return encodeControlMessage(message);
    }
    return this.#nextChunkOf(this.#urgent) ?? this.#nextInTurn();
  }

  #nextInTurn(): Uint8Array | undefined {
    for (const stream of this.#turns) {
      const chunk = this.#nextChunkOf(stream);
      if (chunk === undefined) continue;
      this.#turns = [...this.#turns.filter((other) => other !== stream), stream];
      return chunk;
    }
    return undefined;
  }

  #nextChunkOf(stream: Stream): Uint8Array | undefined {
    const current = stream.inPieces ?? this.#begin(stream);
    if (current === undefined) return undefined;
    const { frame, sentBytes } = current;
    const isFirst = sentBytes === 0;
    const room = LIMITS.chunkBytes - (isFirst ? FIRST_CHUNK_HEADER_BYTES : FURTHER_CHUNK_HEADER_BYTES);
    const payload = frame.subarray(sentBytes, sentBytes + room);
    current.sentBytes += payload.length;
    const last = current.sentBytes === frame.length;
    stream.inPieces = last ? undefined : current;
    const number = this.#nextChunk;
    this.#nextChunk = (number + 1) >>> 0;
    return encodeChunk({
      stream: stream.number,
      number,
      last,
      frameBytes: isFirst ? frame.length : undefined,
      payload,
    });
  }

  #begin(stream: Stream): FrameInPieces | undefined {
    const frame = stream.waiting.shift();
    return frame === undefined ? undefined : { frame, sentBytes: 0 };
  }

  #makeRoom(bytes: number): void {
    while (this.queuedBytes + bytes > this.#queuedBytesLimit) {
      const dropped =
        this.#largeCalls.waiting.shift() ??
        this.#bulk.waiting.shift() ??
        this.#smallCalls.waiting.shift() ??
        this.#urgent.waiting.shift();
      if (dropped === undefined) return;
      this.#droppedFrames++;
    }
  }

  #stream(urgency: Urgency, bytes: number): Stream {
    if (urgency === 'urgent') return this.#urgent;
    if (urgency === 'bulk') return this.#bulk;
    return bytes <= LIMITS.chunkBytes - FIRST_CHUNK_HEADER_BYTES ? this.#smallCalls : this.#largeCalls;
  }
}
