/** One stored value, and the effect of a write on it. */
import type { KeyWrite, PlainOperation, Versionstamp } from '../wire/entries/command.ts';
import type { ChangePosition } from '../wire/frames/frame.ts';
import { LIMITS } from '../wire/limits.ts';
import type { StateRefusal } from './contract.ts';
import { EMPTY_HASH, feedBytes, feedNumbers, feedText, type Hash } from './hash.ts';
import { arrayWith } from './json-array.ts';
import type { KeyText } from './key.ts';
import { refusal } from './refusal.ts';

export interface StoredValue {
  readonly value: Uint8Array;
  readonly versionstamp: Versionstamp;
  /** The log time up to which the key exists. The next entry with a later time removes it. Undefined: no limit. */
  readonly expiresAtMs: number | undefined;
  /** The hash of the value alone. An append extends it without rehashing the existing bytes. */
  readonly valueHash: Hash;
}

/** The time of a write: the generation of its versionstamp, its position for watchers, and its log time. */
export interface WriteMoment {
  readonly generation: number;
  readonly position: ChangePosition;
  readonly logTimeMs: number;
}

/** The bytes of a value after a write. */
interface ValueAfter {
  /** The value to which the bytes are added. */
  readonly extended: StoredValue | undefined;
  /** Undefined: the write deletes the value. */
  readonly given: Uint8Array | undefined;
}

export function valueAfter(before: StoredValue | undefined, write: KeyWrite): ValueAfter | StateRefusal {
  if (write.kind === 'delete') return { extended: undefined, given: undefined };
  const given = write.kind === 'append-element' ? arrayWith(before?.value, write.value) : write.value;
  if (given === undefined) return NO_ARRAY;
  const extended = write.kind === 'append' ? before : undefined;
  const bytes = (extended?.value.length ?? 0) + given.length;
  if (bytes <= LIMITS.messages.valueBytes) return { extended, given };
  return refusal('VALUE_TOO_LARGE', `the value would have ${bytes} bytes, the limit is ${LIMITS.messages.valueBytes}`);
}

/**
 * Builds a value from a copy of the given bytes. The given bytes are a view that would keep a whole frame or record in
 * memory.
 */
export function storedValue(
  extended: StoredValue | undefined,
  given: Uint8Array,
): Pick<StoredValue, 'value' | 'valueHash'> {
  const valueHash = feedBytes(extended?.valueHash ?? EMPTY_HASH, given);
  if (extended === undefined) return { value: given.slice(), valueHash };
  const value = new Uint8Array(extended.value.length + given.length);
  value.set(extended.value);
  value.set(given, extended.value.length);
  return { value, valueHash };
}

/** The expiry after a write. A put replaces it, and other writes keep it. */
export function expiryAfter(
  before: StoredValue | undefined,
  operation: PlainOperation,
  { logTimeMs }: WriteMoment,
): number | undefined {
  if (operation.kind !== 'put') return before?.expiresAtMs;
  return operation.expiresInMs === undefined ? undefined : logTimeMs + operation.expiresInMs;
}

export function hashOfValue(key: KeyText, { value, versionstamp, expiresAtMs, valueHash }: StoredValue): Hash {
  const { generation, revision } = versionstamp;
  const hash = feedNumbers(feedText(valueHash, key), key.length, value.length, generation, revision);
  return expiresAtMs === undefined ? hash : feedNumbers(hash, expiresAtMs);
}

const NO_ARRAY = refusal('INVALID_ARGUMENT', 'The value of the key is no JSON array.');
