/** Options of one call, checked before the call begins: a wrong option would fail in the middle of it. */
import { InvalidArgumentError } from '../wire/errors.ts';
import { INTERVALS } from '../wire/limits.ts';
import { described, readArgument } from './argument.ts';
import type { CallOptions, LeaveOptions, ReadyOptions } from './contract.ts';

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  return readArgument('signal', () => {
    checkOptions(options);
    const signal: unknown = options?.signal ?? undefined;
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
 * How long leaving may take, in milliseconds.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
export function leaveTimeoutOf(options: LeaveOptions | undefined): number {
  return timeoutOf(options, INTERVALS.leaveTimeoutMs);
}

/**
 * How long to wait until the store is ready, in milliseconds.
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

/** A bare number or signal would count as no options at all, so the call would ignore it. */
function checkOptions(options: unknown): void {
  if (options === undefined) return;
  if (typeof options === 'object' && options !== null && !Array.isArray(options) && !isAbortSignal(options)) return;
  throw new InvalidArgumentError(
    `options are ${described(options)}. Pass an object with named fields, such as { signal: controller.signal }.`,
  );
}

/** Checked by form: a signal of another frame has another class. */
function isAbortSignal(signal: unknown): signal is AbortSignal {
  if (typeof signal !== 'object' || signal === null) return false;
  const isFlagged = 'aborted' in signal && typeof signal.aborted === 'boolean';
  return isFlagged && hasMethod(signal, 'addEventListener') && hasMethod(signal, 'removeEventListener');
}

function hasMethod(value: object, name: string): boolean {
  return typeof Reflect.get(value, name) === 'function';
}

function ignore(): void {
  // Only tried whether it can be added.
}
