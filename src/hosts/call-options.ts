/** What a caller says about how long it waits, checked before the call begins: a wrong option would fail in the middle. */
import { InvalidArgumentError } from '../wire/errors.ts';
import { INTERVALS } from '../wire/limits.ts';
import type { CallOptions, LeaveOptions, ReadyOptions } from './contract.ts';

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  checkOptions(options);
  const signal: unknown = options?.signal ?? undefined;
  if (signal === undefined) return undefined;
  // Not by its class: that of another frame is another one.
  if (isAbortSignal(signal)) return signal;
  throw new InvalidArgumentError('signal is an AbortSignal: hand over `controller.signal`');
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
  checkOptions(options);
  const timeoutMs: unknown = options?.timeoutMs ?? byDefault;
  if (typeof timeoutMs === 'number' && timeoutMs > 0) return timeoutMs;
  throw new InvalidArgumentError('timeoutMs is a number of milliseconds above 0, Infinity to wait as long as it takes');
}

/** A bare number or signal would be taken for no options at all, and the call would never end as it was meant to. */
function checkOptions(options: unknown): void {
  if (options === undefined) return;
  if (typeof options === 'object' && options !== null && !Array.isArray(options) && !isAbortSignal(options)) return;
  throw new InvalidArgumentError('options are an object with named fields, as in { signal: controller.signal }');
}

function isAbortSignal(signal: unknown): signal is AbortSignal {
  return typeof signal === 'object' && signal !== null && 'aborted' in signal && 'addEventListener' in signal;
}
