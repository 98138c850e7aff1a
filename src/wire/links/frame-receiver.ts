import { malformed } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { type Chunk, type ControlMessage, decodeLinkMessage } from './message.ts';

/** A complete message or frame. */
export type LinkEvent = ControlMessage | { readonly kind: 'frame'; readonly bytes: Uint8Array };

interface FrameInPieces {
  readonly frameBytes: number;
  readonly payloads: Uint8Array[];
  receivedBytes: number;
}

/**
 * The incoming end of a link. It takes the messages of the channel in order and returns whole frames. Chunk numbers
 * count over all streams, so a lost or repeated chunk is detected even if it held a whole frame.
 */
export class FrameReceiver {
  readonly #streams = new Map<number, FrameInPieces>();
  #nextChunk = 0;
  #failure: ShardbearerError | undefined;

  /**
   * Takes one message, which must not change afterwards. Returns undefined for a part of a frame. After an error every
   * call throws the same error, and the caller replaces the link.
   * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`, `VERSION_UNSUPPORTED`;
   *   `LINK_FAILED` for a lost or repeated chunk
   */
  receive(message: Uint8Array): LinkEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const decoded = decodeLinkMessage(message);
      return decoded.kind === 'chunk' ? this.#receiveChunk(decoded) : decoded;
    } catch (error) {
      this.#failure = error instanceof ShardbearerError ? error : malformed(String(error), { cause: error });
      this.#streams.clear();
      throw this.#failure;
    }
  }

  #receiveChunk(chunk: Chunk): LinkEvent | undefined {
    if (chunk.number !== this.#nextChunk) {
      throw new ShardbearerError('LINK_FAILED', `Chunk ${chunk.number} arrived instead of chunk ${this.#nextChunk}.`);
    }
    this.#nextChunk = (chunk.number + 1) >>> 0;
    const frame = chunk.frameBytes === undefined ? this.#started(chunk) : this.#start(chunk, chunk.frameBytes);
    frame.receivedBytes += chunk.payload.length;
    if (frame.receivedBytes > frame.frameBytes) throw malformed('chunks that exceed their frame');
    frame.payloads.push(chunk.payload);
    if (!chunk.last) return undefined;
    if (frame.receivedBytes < frame.frameBytes) throw malformed('a last chunk of an incomplete frame');
    this.#streams.delete(chunk.stream);
    return { kind: 'frame', bytes: joined(frame) };
  }

  #started(chunk: Chunk): FrameInPieces {
    const frame = this.#streams.get(chunk.stream);
    if (frame === undefined) throw malformed('a chunk of a frame that did not begin');
    return frame;
  }

  #start(chunk: Chunk, frameBytes: number): FrameInPieces {
    if (chunk.stream >= LIMITS.linkStreams) throw malformed(`stream ${chunk.stream} of ${LIMITS.linkStreams}`);
    if (this.#streams.has(chunk.stream)) throw malformed('a frame that begins inside another frame');
    if (frameBytes > LIMITS.frameBytes) {
      throw new ShardbearerError(
        'FRAME_TOO_LARGE',
        `A frame has ${frameBytes} bytes; the limit is ${LIMITS.frameBytes}.`,
      );
    }
    const frame: FrameInPieces = { frameBytes, payloads: [], receivedBytes: 0 };
    this.#streams.set(chunk.stream, frame);
    return frame;
  }
}

function joined({ frameBytes, payloads }: FrameInPieces): Uint8Array {
  const [only] = payloads;
  if (payloads.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(frameBytes);
  let at = 0;
  for (const payload of payloads) {
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}
