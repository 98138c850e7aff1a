/** Between what an application handles (text, or bytes) and what the store keeps: bytes. */
import { InvalidArgumentError } from '../wire/errors.ts';

export interface ValueEncoding<Value> {
  /** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
  encode(value: Value): Uint8Array;
  /** @throws {InvalidArgumentError} `INVALID_ARGUMENT` where the stored bytes are no such value */
  decode(bytes: Uint8Array): Value;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** UTF-8. What has no form in it is refused rather than changed. */
export const textValues: ValueEncoding<string> = {
  encode(value) {
    if (typeof value !== 'string') throw new InvalidArgumentError(`a value is text, not ${typeof value}`);
    if (LONE_SURROGATE.test(value)) throw new InvalidArgumentError('the text holds half of a surrogate pair');
    return new TextEncoder().encode(value);
  },
  decode(bytes) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw new InvalidArgumentError("the stored value is no text: open the store with encoding: 'bytes'", { cause });
    }
  },
};

export const byteValues: ValueEncoding<Uint8Array> = {
  encode(value) {
    if (!(value instanceof Uint8Array)) throw new InvalidArgumentError('a value is a Uint8Array');
    // The caller may write into its array while the call is under way. `slice` of a Buffer would share its memory.
    return new Uint8Array(value);
  },
  decode: (bytes) => bytes,
};

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function encodeKey(key: string): Uint8Array {
  if (typeof key !== 'string') throw new InvalidArgumentError(`a key is text, not ${typeof key}`);
  if (key === '') throw new InvalidArgumentError('a key has at least one character');
  return textValues.encode(key);
}
