import { assert } from './assertion.ts';
import { malformed } from './decoding.ts';

/** Reads a 64-bit number off the wire. @throws {ShardbearerError} `FRAME_MALFORMED` above 2^53 - 1. */
export function safeInteger(value: bigint): number {
  if (value > LARGEST) throw malformed('a number above 2^53 - 1');
  return Number(value);
}

/** Writes a safe integer as the 64-bit number of the wire. */
export function uint64(value: number): bigint {
  assert(Number.isSafeInteger(value) && value >= 0, 'only whole numbers from 0 to 2^53 - 1 go on the wire');
  return BigInt(value);
}

const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);
