import type { Body } from '../../wire/frames/frame.ts';
import { decodeBody, kindOfBody } from '../../wire/frames/frame-codec.ts';

/**
 * Reads the bodies that come over one link. Twice a second each neighbour tells who it is and all that it knows, and
 * while nothing happens it is the same, byte by byte: that is not read anew.
 */
export class RepeatedBodies {
  #bytes: Uint8Array | undefined;
  #presence: Body | undefined;

  /** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
  read(bytes: Uint8Array): Body {
    if (kindOfBody(bytes) !== 'presence') return decodeBody(bytes);
    if (this.#presence !== undefined && this.#bytes !== undefined && isSame(bytes, this.#bytes)) return this.#presence;
    const body = decodeBody(bytes);
    // A copy: what is kept must not hold what the frame came in.
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
