import type { Body, EncodedFrame, FrameHeader } from '../../wire/frames/frame.ts';
import { decodeBody, decodeSoundHeader, kindOfBody } from '../../wire/frames/frame-codec.ts';

/** A frame that a radiant sends. Its parts are decoded once, and only when a checker needs them. */
class SaidFrame {
  readonly #encoded: EncodedFrame;
  #body: Body | undefined;

  constructor(bytes: Uint8Array) {
    // The checksum is not verified here, because the receiver verifies it.
    this.#encoded = decodeSoundHeader(bytes);
  }

  get header(): FrameHeader {
    return this.#encoded.header;
  }

  /** A cheap test of the frame's kind. It rejects most frames before their body is decoded. */
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
