/** Validates the arguments of applications. */
import type { Operation } from '../wire/entries/command.ts';
import { InvalidArgumentError, ShardbearerError } from '../wire/errors.ts';
import { isUint8Array } from '../wire/decoding.ts';
import { LIMITS } from '../wire/limits.ts';

/** @throws {ShardbearerError} `INVALID_ARGUMENT` for anything but non-empty bytes; `KEY_TOO_LARGE` */
export function checkKey(key: unknown): asserts key is Uint8Array {
  if (!isUint8Array(key)) throw new InvalidArgumentError('A key is text or bytes.');
  if (key.length === 0) throw new InvalidArgumentError('The key is empty. A key has at least one byte.');
  if (key.length > LIMITS.messages.keyBytes) {
    throw new ShardbearerError(
      'KEY_TOO_LARGE',
      `Key is ${sizes(key.length, LIMITS.messages.keyBytes)}. Use a shorter key.`,
    );
  }
}

/** @throws {ShardbearerError} `INVALID_ARGUMENT` for anything but bytes; `VALUE_TOO_LARGE` */
export function checkValue(value: unknown): asserts value is Uint8Array {
  if (!isUint8Array(value)) throw new InvalidArgumentError('A value is text or bytes.');
  if (value.length > LIMITS.messages.valueBytes) {
    const message = `Value is ${sizes(value.length, LIMITS.messages.valueBytes)}. Split it over several keys.`;
    throw new ShardbearerError('VALUE_TOO_LARGE', message);
  }
}

/** @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`, `VALUE_TOO_LARGE` */
export function checkOperation(operation: Operation): void {
  checkKey(operation.key);
  if (operation.kind !== 'delete') checkValue(operation.value);
}

/**
 * Encodes a text of an application as UTF-8.
 * @param what name of the argument in the error message
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` for anything but text, and for lone surrogates, since UTF-8 encodes
 * all of them alike
 */
export function bytesOfText(text: unknown, what: string): Uint8Array {
  if (typeof text !== 'string') throw new InvalidArgumentError(`${what} is a text, not ${typeof text}.`);
  if (LONE_SURROGATE.test(text)) throw new InvalidArgumentError(`${what} has half of a character (a lone surrogate).`);
  return new TextEncoder().encode(text);
}

function sizes(bytes: number, limit: number): string {
  return `${bytes.toLocaleString('en')} bytes; the limit is ${limit.toLocaleString('en')}`;
}

const LONE_SURROGATE = /\p{Surrogate}/u;
