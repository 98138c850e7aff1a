/** The checksum of every frame. A receiver must not act on a damaged frame. */
import { CHECKSUM_BYTES, crc32c, hasChecksum, putChecksum } from '../crc32c.ts';
import { malformed } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.frameBytes`, checksum included */
export function sealFrame(content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(CHECKSUM_BYTES + content.length);
  frame.set(content, CHECKSUM_BYTES);
  return sealInPlace(frame);
}

/**
 * Writes the checksum into the first `CHECKSUM_BYTES` of the frame, which the caller left free.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.frameBytes`
 */
export function sealInPlace(frame: Uint8Array): Uint8Array {
  if (frame.length > LIMITS.frameBytes) throw tooLarge(frame.length);
  putChecksum(frame, crc32c(frame, CHECKSUM_BYTES));
  return frame;
}

/**
 * Verifies the checksum.
 * @returns the start of the content
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function checkSeal(sealed: Uint8Array): number {
  if (sealed.length > LIMITS.frameBytes) throw tooLarge(sealed.length);
  if (sealed.length < CHECKSUM_BYTES) throw malformed('a frame without a checksum');
  if (!hasChecksum(sealed, crc32c(sealed, CHECKSUM_BYTES))) throw malformed('a frame that was damaged');
  return CHECKSUM_BYTES;
}

function tooLarge(length: number): ShardbearerError {
  return new ShardbearerError('FRAME_TOO_LARGE', `A frame has ${length} bytes; the limit is ${LIMITS.frameBytes}.`);
}
