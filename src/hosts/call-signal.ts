import { InvalidArgumentError } from '../wire/errors.ts';
import type { CallOptions } from './contract.ts';

/**
 * The signal of a call, checked before the call begins: a wrong one would fail in the middle.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
export function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  const signal: unknown = options?.signal ?? undefined;
  if (signal === undefined) return undefined;
  // Not by its class: that of another frame is another one.
  if (isAbortSignal(signal)) return signal;
  throw new InvalidArgumentError('signal is an AbortSignal: hand over `controller.signal`');
}

function isAbortSignal(signal: unknown): signal is AbortSignal {
  return typeof signal === 'object' && signal !== null && 'aborted' in signal && 'addEventListener' in signal;
}
