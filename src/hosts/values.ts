/** Converts keys and values of an application to stored bytes and back. */
import { isUint8Array } from '../wire/decoding.ts';
import { InvalidArgumentError, isShardbearerError } from '../wire/errors.ts';
import { described, isRecord, readArgument } from './arguments.ts';
import type { Codec, Key, ReadOptions } from './key-value-contract.ts';

/** The operation by which an append adds to a value. Undefined: values of the encoding cannot be extended. */
export type AppendKind = 'append' | 'append-element' | undefined;

/** An encoding in use. All functions throw `INVALID_ARGUMENT` for a value of another form. */
export interface ValueEncoding {
  readonly appendKind: AppendKind;
  /** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
  encode(value: unknown): Uint8Array;
  /** @throws {InvalidArgumentError} `INVALID_ARGUMENT` if the stored bytes are not a value of this encoding */
  decode(bytes: Uint8Array): unknown;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

const textEncoder = new TextEncoder();

const jsonValues: ValueEncoding = {
  appendKind: 'append-element',
  encode(value) {
    const text: string | undefined = readArgument('the value', () => JSON.stringify(value, onlyJson));
    if (text === undefined) throw notJson(value);
    return textEncoder.encode(text);
  },
  decode(bytes) {
    try {
      const value: unknown = JSON.parse(textOf(bytes));
      return value;
    } catch (cause) {
      throw new InvalidArgumentError("The stored value is not JSON. Read it with { encoding: 'bytes' } or 'utf8'.", {
        cause,
      });
    }
  },
};

/** Text as UTF-8. Text that UTF-8 cannot represent is rejected instead of changed. */
const textValues: ValueEncoding = {
  appendKind: 'append',
  encode: (value) => encodeText('Value', value, "For other values, use { encoding: 'json' } or 'bytes'."),
  decode(bytes) {
    try {
      return textOf(bytes);
    } catch (cause) {
      throw new InvalidArgumentError("The stored value is not text. Read it with { encoding: 'bytes' }.", { cause });
    }
  },
};

const byteValues: ValueEncoding = {
  appendKind: 'append',
  encode(value) {
    if (!isUint8Array(value)) throw new InvalidArgumentError(`Value is ${described(value)}. Pass a Uint8Array.`);
    // Copies the bytes into an array of this frame's class, since the caller may change its own array during the call.
    // `slice` of a Buffer would share its memory.
    return new Uint8Array(value);
  },
  decode: (bytes) => bytes,
};

/**
 * Returns the functions of an encoding.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` for anything but an encoding
 */
export function encodingOf(encoding: unknown): ValueEncoding {
  switch (encoding) {
    case 'json':
      return jsonValues;
    case 'utf8':
      return textValues;
    case 'bytes':
      return byteValues;
    default:
      return readArgument('encoding', () => codecValues(encoding));
  }
}

/**
 * Returns the encoding of one call.
 * @param byDefault the encoding of calls that name none
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
export function encodingFor(options: ReadOptions | undefined, byDefault: ValueEncoding): ValueEncoding {
  if (options === undefined) return byDefault;
  const encoding = readArgument('encoding', () => options?.encoding);
  return encoding === undefined ? byDefault : encodingOf(encoding);
}

/** Returns the text of a key. A key that is not UTF-8 stays bytes. */
export function decodeKey(key: Uint8Array): Key {
  try {
    return textOf(key);
  } catch {
    return key;
  }
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function encodeKey(key: unknown): Uint8Array {
  if (key === '') throw new InvalidArgumentError('Key is empty. A key has at least one character.');
  if (isUint8Array(key)) return new Uint8Array(key);
  return encodeText('Key', key, 'Pass a string or a Uint8Array.');
}

function codecValues(codec: unknown): ValueEncoding {
  if (!isCodec(codec)) {
    throw new InvalidArgumentError(
      `encoding is ${described(codec)}. Pass 'json', 'utf8', 'bytes', or a codec { name, encode, decode }.`,
    );
  }
  const { name } = codec;
  return {
    appendKind: undefined,
    encode: (value) => byteValues.encode(ofCodec(name, 'encode', () => codec.encode(value))),
    decode: (bytes) => ofCodec(name, 'decode', () => codec.decode(bytes)),
  };
}

/** Runs a function of the application. Its exceptions become the cause of an error with a code. */
function ofCodec<Result>(name: string, what: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (isShardbearerError(cause)) throw cause;
    throw new InvalidArgumentError(`The function ${what} of the codec ${described(name)} threw an error.`, { cause });
  }
}

function isCodec(value: unknown): value is Codec<unknown> {
  if (!isRecord(value)) return false;
  const { name, encode, decode } = value;
  return typeof name === 'string' && typeof encode === 'function' && typeof decode === 'function';
}

/** Rejects what `JSON.stringify` would change silently, such as NaN, which it turns into null. */
function onlyJson(this: unknown, name: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw notJson(value);
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') throw notJson(value);
  // An undefined property is left out, but an undefined element of a list would turn into null.
  if (value === undefined && Array.isArray(this)) throw notJson(value, `at index ${name}`);
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    throw notJson(value);
  return value;
}

function notJson(value: unknown, where = ''): InvalidArgumentError {
  const what = value instanceof Object ? `a ${value.constructor.name}` : described(value);
  const place = where === '' ? '' : ` ${where}`;
  return new InvalidArgumentError(
    `Value is or contains ${what}${place}, which JSON cannot hold. Convert it, or use another encoding.`,
  );
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function encodeText(name: string, text: unknown, advice: string): Uint8Array {
  if (typeof text !== 'string') throw new InvalidArgumentError(`${name} is ${described(text)}, not text. ${advice}`);
  if (LONE_SURROGATE.test(text)) {
    throw new InvalidArgumentError(`${name} contains half of a surrogate pair, which UTF-8 cannot hold. Remove it.`);
  }
  return textEncoder.encode(text);
}
