/** Random and damaged frames, as a hostile, broken or newer neighbour may send them. */
import fc from 'fast-check';
import { extent } from '../extent.ts';
import { CHECKSUM_BYTES, crc32c, putChecksum } from '../../src/wire/crc32c.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';
import { encodeFrame } from '../../src/wire/frames/frame-codec.ts';
import * as arbitrary from './arbitraries.ts';

/** Number of hostile inputs for each property. Set `FUZZ_RUNS=100000` for a long run. */
export const FUZZ_RUNS = Number(process.env['FUZZ_RUNS'] ?? extent(2_500, 20_000));

/**
 * One way to damage bytes. Positions are fractions of the length, so that they fit bytes of any length and shrink with
 * them.
 */
type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly mask: number }
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number };

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fraction, mask: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('set' as const), at: fraction, value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) }),
  fc.record({ kind: fc.constant('cut' as const), at: fraction }),
  fc.record({ kind: fc.constant('remove' as const), at: fraction, length: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('insert' as const), at: fraction, bytes: arbitrary.bytes(1, 20) }),
  fc.record({ kind: fc.constant('repeat' as const), at: fraction, length: fc.integer({ min: 1, max: 40 }) }),
);

export function applyDamage(bytes: Uint8Array, damages: readonly Damage[]): Uint8Array {
  let octets = Array.from(bytes);
  for (const one of damages) {
    const at = Math.floor(one.at * octets.length);
    switch (one.kind) {
      case 'flip':
        octets[at] = (octets[at] ?? 0) ^ one.mask;
        break;
      case 'set':
        octets[at] = one.value;
        break;
      case 'cut':
        octets = octets.slice(0, at);
        break;
      case 'remove':
        octets.splice(at, one.length);
        break;
      case 'insert':
        octets.splice(at, 0, ...one.bytes);
        break;
      case 'repeat':
        octets.splice(at, 0, ...octets.slice(at, at + one.length));
        break;
    }
  }
  return Uint8Array.from(octets);
}

export function damaged(whole: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(whole, fc.array(damage, { minLength: 1, maxLength: 4 }))
    .map(([bytes, damages]) => applyDamage(bytes, damages));
}

/** Frames that were damaged before or after their checksums were written, and random bytes. */
export const hostileFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  { arbitrary: damaged(arbitrary.frame.map(encodeFrame).map(contentOf)).map(sealFrame), weight: 4 },
  { arbitrary: damaged(arbitrary.frame.map(encodeFrame)), weight: 1 },
  { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 1 },
);

export function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

const LINK_CODES = ['FRAME_MALFORMED', 'FRAME_TOO_LARGE', 'VERSION_UNSUPPORTED', 'LINK_FAILED'];

/** Whether there was no error, or an error with one of `LINK_CODES`. */
export function isNoneOrTyped(error: unknown): boolean {
  if (error === undefined) return true;
  return error instanceof ShardbearerError && LINK_CODES.some((code) => code === error.code);
}

/** The part of a frame after its checksum. */
export function contentOf(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(CHECKSUM_BYTES);
}

/** A frame with this content and the correct checksum. */
export function sealFrame(content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(CHECKSUM_BYTES + content.length);
  frame.set(content, CHECKSUM_BYTES);
  putChecksum(frame, crc32c(frame, CHECKSUM_BYTES));
  return frame;
}
