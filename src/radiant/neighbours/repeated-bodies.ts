import type { Body } from '../../wire/frames/frame.ts';
import { decodeBody, kindOfBody } from '../../wire/frames/frame-codec.ts';

/**
 * Decodes the bodies that come over one link. A neighbour repeats its presence twice a second, mostly byte for byte. An
 * equal presence is not decoded again.
 */
export class RepeatedBodies {
  #bytes: Uint8Array | undefined;
  #presence: Body | undefined;

  /** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
  read(bytes: Uint8Array): Body {
    if (kindOfBody(bytes) !== 'presence') return decodeBody(bytes);
    if (this.#presence !== undefined && this.#bytes !== undefined && isSame(bytes, this.#bytes)) return this.#presence;
    const body = decodeBody(bytes);
    // A copy, because the bytes may be a view of a larger frame.
    this.#bytes = bytes.slice();
    this.#presence = body;
    return body;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
