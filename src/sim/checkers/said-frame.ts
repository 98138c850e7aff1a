import type { Body, FrameHeader } from '../../wire/frame.ts';
import { decodeBody, decodeHeader, type EncodedFrame } from '../../wire/frame-codec.ts';

/** A frame that leaves a radiant, read once and no further than somebody asks. */
class SaidFrame {
  readonly #encoded: EncodedFrame;
  #body: Body | undefined;

  constructor(bytes: Uint8Array) {
    this.#encoded = decodeHeader(bytes);
  }

  get header(): FrameHeader {
    return this.#encoded.header;
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
