/** Checks of the arguments and options of calls. In plain JavaScript they can be anything. */
import { InvalidArgumentError, isShardbearerError } from '../wire/errors.ts';
import { TIMES } from '../wire/times.ts';
import type { CallOptions, LeaveOptions, ReadyOptions } from './contract.ts';

/** Most characters of a text that a message quotes. */
const QUOTED = 60;

/** Names a value in a message. Symbols and objects without a prototype have no text. */
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

/** Whether a value has named fields. A list has none. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a value of the caller, whose getters and proxies can throw anything.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` with the thrown value as its cause; errors of this library unchanged
 */
export function readArgument<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (isShardbearerError(cause)) throw cause;
    throw new InvalidArgumentError(`Reading ${name} threw an error. Pass plain data.`, { cause });
  }
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the value is undefined, true or false: 'no' would count as true */
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

/** A revoked proxy is neither a list nor readable. */
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
    // A signal that takes no listener would fail in the middle of the call.
    signal.addEventListener('abort', ignore);
    signal.removeEventListener('abort', ignore);
    return signal;
  });
}

/**
 * The time-out of `leave()` in milliseconds.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
export function leaveTimeoutOf(options: LeaveOptions | undefined): number {
  return timeoutOf(options, TIMES.membership.leaveTimeoutMs);
}

/**
 * The time-out of `ready()` in milliseconds.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
export function readyTimeoutOf(options: ReadyOptions | undefined): number {
  return timeoutOf(options, Number.POSITIVE_INFINITY);
}

function timeoutOf(options: LeaveOptions | ReadyOptions | undefined, byDefault: number): number {
  return readArgument('timeoutMs', () => {
    checkOptions(options);
    const timeoutMs: unknown = options?.timeoutMs ?? byDefault;
    if (typeof timeoutMs === 'number' && timeoutMs > 0) return timeoutMs;
    throw new InvalidArgumentError(
      `timeoutMs is ${described(timeoutMs)}. Pass milliseconds above 0, or Infinity to wait without a limit.`,
    );
  });
}

/** A number or signal in place of the options would be ignored silently. */
function checkOptions(options: unknown): void {
  if (options === undefined) return;
  if (typeof options === 'object' && options !== null && !Array.isArray(options) && !isAbortSignal(options)) return;
  throw new InvalidArgumentError(
    `options are ${described(options)}. Pass an object with named fields, such as { signal: controller.signal }.`,
  );
}

/** Checks the form, since a signal of another frame has another class. */
function isAbortSignal(signal: unknown): signal is AbortSignal {
  if (typeof signal !== 'object' || signal === null) return false;
  const isFlagged = 'aborted' in signal && typeof signal.aborted === 'boolean';
  return isFlagged && hasMethod(signal, 'addEventListener') && hasMethod(signal, 'removeEventListener');
}

function hasMethod(value: object, name: string): boolean {
  return typeof Reflect.get(value, name) === 'function';
}

function ignore(): void {
  // Shows that a listener can be added.
}
