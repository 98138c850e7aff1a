/** Checks the arguments and options of calls. In plain JavaScript they can be any value. */
import { InvalidArgumentError, isShardbearerError } from '../wire/errors.ts';
import { TIMES } from '../wire/times.ts';
import type { CallOptions } from './key-value-contract.ts';

/** Most characters of a text that an error message quotes. */
const QUOTED = 60;

/** Describes a value in an error message. Symbols and objects without a prototype cannot be converted to text. */
export function described(value: unknown): string {
  if (typeof value === 'string') {
    const quoted = value.length <= QUOTED ? value : `${value.slice(0, QUOTED)}…`;
    return JSON.stringify(quoted);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return String(value);
  if (isList(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Whether a value is an object with named fields. A list has no named fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a value of the caller. Its getters and proxies can throw any value.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` with the thrown value as its cause; errors of this library
 * unchanged
 */
export function readArgument<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (isShardbearerError(cause)) throw cause;
    throw new InvalidArgumentError(`Reading ${name} threw an error. Pass plain data.`, { cause });
  }
}

/**
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the value is undefined, true or false; the text 'no' would
 * count as true
 */
export function checkSwitch(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new InvalidArgumentError(`${name} is ${described(value)}. Pass true or false.`);
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the value is undefined or one of these texts */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  const list = choices.map((choice) => `'${choice}'`).join(' or ');
  throw new InvalidArgumentError(`${name} is ${described(value)}. Pass ${list}.`);
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the value can be called */
export function checkListener(listener: unknown): void {
  if (typeof listener === 'function') return;
  throw new InvalidArgumentError(`The listener is ${described(listener)}. Pass a function that takes the view.`);
}

/** Whether a value is a list. `Array.isArray` throws for a revoked proxy. */
function isList(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined;
  return readArgument('signal', () => {
    checkOptions(options);
    const signal: unknown = options.signal ?? undefined;
    if (signal === undefined) return undefined;
    if (!isAbortSignal(signal))
      throw new InvalidArgumentError('signal is not an AbortSignal. Pass `controller.signal`.');
    // A signal that rejects listeners would fail in the middle of the call.
    signal.addEventListener('abort', ignore);
    signal.removeEventListener('abort', ignore);
    return signal;
  });
}

/**
 * Returns the time-out of `leave()` in milliseconds.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
export function leaveTimeoutOf(options: CallOptions | undefined): number {
  return timeoutOf(options, TIMES.membership.leaveTimeoutMs);
}

/**
 * Returns the time-out of `ready()` in milliseconds.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
export function readyTimeoutOf(options: CallOptions | undefined): number {
  return timeoutOf(options, Number.POSITIVE_INFINITY);
}

/**
 * Returns the time-out of a call in milliseconds. Undefined: the default of the client.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
export function callTimeoutOf(options: CallOptions): number | undefined {
  if (readArgument('timeoutMs', () => options?.timeoutMs) === undefined) return undefined;
  return timeoutOf(options, Number.POSITIVE_INFINITY);
}

function timeoutOf(options: CallOptions | undefined, byDefault: number): number {
  return readArgument('timeoutMs', () => {
    checkOptions(options);
    const timeoutMs: unknown = options?.timeoutMs ?? byDefault;
    if (typeof timeoutMs === 'number' && timeoutMs > 0) return timeoutMs;
    throw new InvalidArgumentError(
      `timeoutMs is ${described(timeoutMs)}. Pass milliseconds above 0, or Infinity to wait without a limit.`,
    );
  });
}

/** Rejects a number or a signal in place of the options, which would be ignored silently. */
function checkOptions(options: unknown): void {
  if (options === undefined) return;
  if (typeof options === 'object' && options !== null && !Array.isArray(options) && !isAbortSignal(options)) return;
  throw new InvalidArgumentError(
    `options are ${described(options)}. Pass an object with named fields, such as { signal: controller.signal }.`,
  );
}

/** Checks the properties instead of the class, since a signal of another frame has another class. */
function isAbortSignal(signal: unknown): signal is AbortSignal {
  if (typeof signal !== 'object' || signal === null) return false;
  const isFlagged = 'aborted' in signal && typeof signal.aborted === 'boolean';
  return isFlagged && hasMethod(signal, 'addEventListener') && hasMethod(signal, 'removeEventListener');
}

function hasMethod(value: object, name: string): boolean {
  return typeof Reflect.get(value, name) === 'function';
}

function ignore(): void {
  // This listener does nothing. Adding and removing it shows that the signal accepts listeners.
}
