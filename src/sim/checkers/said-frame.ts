import type { Body, EncodedFrame, FrameHeader } from '../../wire/frames/frame.ts';
import { decodeBody, decodeSoundHeader, kindOfBody } from '../../wire/frames/frame-codec.ts';

/** A frame that leaves a radiant. It is decoded once, and only as far as a checker needs. */
class SaidFrame {
  readonly #encoded: EncodedFrame;
  #body: Body | undefined;

  constructor(bytes: Uint8Array) {
    // The receiver verifies the checksum.
    this.#encoded = decodeSoundHeader(bytes);
  }

  get header(): FrameHeader {
    return this.#encoded.header;
  }

  /** Cheap test that rejects most frames without decoding them. */
  get isPresence(): boolean {
    return kindOfBody(this.#encoded.body) === 'presence';
  }

  get body(): Body {
    this.#body ??= decodeBody(this.#encoded.body);
    return this.#body;
  }
}

const read = new WeakMap<Uint8Array, SaidFrame>();

export function saidIn(bytes: Uint8Array): SaidFrame {
  let frame = read.get(bytes);
  if (frame === undefined) {
    frame = new SaidFrame(bytes);
    read.set(bytes, frame);
  }
  return frame;
}
