/** The keys that a list or a watch selects. */
import { slotOfTag } from '../store/key.ts';
import type { Slot } from '../wire/identifiers.ts';
import type { Key, KeyRangeOptions } from './key-value-contract.ts';
import { encodeKey } from './values.ts';

export interface KeyRange {
  /** The lowest key. Undefined: no bound. */
  readonly from: Uint8Array | undefined;
  /** The key above the highest one. Undefined: no bound. */
  readonly to: Uint8Array | undefined;
  /** The only slot that can hold the keys. Undefined: the keys are in many slots. */
  readonly slot: Slot | undefined;
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function keyRangeOf({ prefix, gt, gte, lt, lte }: KeyRangeOptions): KeyRange {
  const prefixBytes = prefix === undefined || prefix === '' ? undefined : encodeKey(prefix);
  const from = highest([prefixBytes, keyOf(gte), behind(keyOf(gt))]);
  const to = lowest([prefixBytes && endOfPrefix(prefixBytes), keyOf(lt), behind(keyOf(lte))]);
  return { from, to, slot: prefixBytes && slotOfTag(prefixBytes) };
}

function keyOf(key: Key | undefined): Uint8Array | undefined {
  return key === undefined ? undefined : encodeKey(key);
}

/** The lowest key above this one. */
function behind(key: Uint8Array | undefined): Uint8Array | undefined {
  return key && Uint8Array.of(...key, 0);
}

/** The lowest key above all keys with the prefix. Undefined: no key is above them. */
function endOfPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  return last === -1 ? undefined : Uint8Array.of(...prefix.subarray(0, last), (prefix[last] ?? 0) + 1);
}

function highest(bounds: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  return bounds.reduce((found, bound) =>
    found && bound ? (isBefore(found, bound) ? bound : found) : (found ?? bound),
  );
}

function lowest(bounds: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  return bounds.reduce((found, bound) =>
    found && bound ? (isBefore(bound, found) ? bound : found) : (found ?? bound),
  );
}

function isBefore(one: Uint8Array, other: Uint8Array): boolean {
  const at = one.findIndex((byte, place) => byte !== other[place]);
  if (at === -1) return one.length < other.length;
  return at < other.length && (one[at] ?? 0) < (other[at] ?? 0);
}
