/** Validates the arguments of applications. */
import type { Command, KeyCheck, KeyWrite, Operation } from '../wire/entries/command.ts';
import { InvalidArgumentError, ShardbearerError } from '../wire/errors.ts';
import { isUint8Array } from '../wire/decoding.ts';
import type { Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { isMachineName } from './machine.ts';
import { keyTextOf, slotOfKey } from './key.ts';

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
  if (operation.kind === 'machine' && !isMachineName(operation.machine)) {
    throw new InvalidArgumentError(`A machine has a name of 1 to ${LIMITS.messages.nameCharacters} characters.`);
  }
  if (operation.kind === 'put' && operation.expiresInMs !== undefined) checkExpiry(operation.expiresInMs);
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the time is a whole number of milliseconds in its limits */
export function checkExpiry(expireInMs: unknown): asserts expireInMs is number {
  const { longestMs } = LIMITS.expiry;
  const isWhole = typeof expireInMs === 'number' && Number.isSafeInteger(expireInMs);
  if (isWhole && expireInMs >= 1 && expireInMs <= longestMs) return;
  const most = longestMs.toLocaleString('en');
  const given = typeof expireInMs === 'number' ? String(expireInMs) : `a ${typeof expireInMs}`;
  throw new InvalidArgumentError(`expireInMs is ${given}. Pass a whole number of milliseconds from 1 to ${most}.`);
}

/**
 * Checks a command before it is proposed.
 * @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`, `VALUE_TOO_LARGE`
 */
export function checkCommand({ slot, operation }: Command): void {
  switch (operation.kind) {
    case 'prepare':
      checkKeysOfPart(operation.part);
      checkTransaction(operation.part);
      return;
    case 'commit':
      operation.parts.forEach(checkKeysOfPart);
      checkTransaction({
        checks: operation.parts.flatMap(({ checks }) => checks),
        writes: operation.parts.flatMap(({ writes }) => writes),
      });
      return;
    default:
      checkOperation(operation);
      checkSlots([operation], slot);
  }
}

interface TransactionKeys {
  readonly checks: readonly KeyCheck[];
  readonly writes: readonly KeyWrite[];
}

/**
 * Checks the keys and values of a transaction.
 * @returns the bytes of all keys and values
 * @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`, `VALUE_TOO_LARGE`
 */
export function checkTransaction({ checks, writes }: TransactionKeys): number {
  const { keys, bytes } = LIMITS.transactions;
  const most = Math.max(checks.length, writes.length);
  if (most > keys) {
    throw new InvalidArgumentError(`A transaction has ${most} keys; the limit is ${keys}. Use several transactions.`);
  }
  let size = 0;
  for (const { key } of checks) {
    checkKey(key);
    size += key.length;
  }
  const written = new Set<string>();
  for (const write of writes) {
    checkOperation(write);
    size += write.key.length + (write.kind === 'delete' ? 0 : write.value.length);
    const key = keyTextOf(write.key);
    if (written.has(key)) throw new InvalidArgumentError('A transaction writes one key twice. Write each key once.');
    written.add(key);
  }
  if (size > bytes) throw new ShardbearerError('VALUE_TOO_LARGE', `A transaction has ${sizes(size, bytes)}. Split it.`);
  return size;
}

function checkKeysOfPart({ slot, checks, writes }: TransactionKeys & { readonly slot: Slot }): void {
  checkSlots([...checks, ...writes], slot);
}

function checkSlots(items: readonly { readonly key: Uint8Array }[], slot: Slot): void {
  if (items.every(({ key }) => slotOfKey(key) === slot)) return;
  throw new InvalidArgumentError('The key does not belong to the slot of the request.');
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
