/** Converts values of an application (text or bytes) to stored bytes and back. */
import { isUint8Array } from '../wire/decoding.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import { described } from './arguments.ts';

export interface ValueEncoding<Value> {
  /** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
  encode(value: Value): Uint8Array;
  /** @throws {InvalidArgumentError} `INVALID_ARGUMENT` if the stored bytes are not a value of this type */
  decode(bytes: Uint8Array): Value;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Text as UTF-8. Text that UTF-8 cannot represent is rejected instead of changed. */
export const textValues: ValueEncoding<string> = {
  encode: (value) => encodeText('Value', value, "For bytes, open the store with encoding: 'bytes'."),
  decode(bytes) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw new InvalidArgumentError("The stored value is not text. Open the store with encoding: 'bytes'.", { cause });
    }
  },
};

export const byteValues: ValueEncoding<Uint8Array> = {
  encode(value) {
    if (!isUint8Array(value)) throw new InvalidArgumentError(`Value is ${described(value)}. Pass a Uint8Array.`);
    // Copies the bytes into an array of this frame's class, since the caller may change its own array during the call.
    // `slice` of a Buffer would share its memory.
    return new Uint8Array(value);
  },
  decode: (bytes) => bytes,
};

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function encodeKey(key: string): Uint8Array {
  if (key === '') throw new InvalidArgumentError('Key is empty. A key has at least one character.');
  return encodeText('Key', key, 'Pass a string.');
}

function encodeText(name: string, text: unknown, advice: string): Uint8Array {
  if (typeof text !== 'string') throw new InvalidArgumentError(`${name} is ${described(text)}, not text. ${advice}`);
  if (LONE_SURROGATE.test(text)) {
    throw new InvalidArgumentError(`${name} contains half of a surrogate pair, which UTF-8 cannot hold. Remove it.`);
  }
  return new TextEncoder().encode(text);
}
