/** Errors as plain data. Structured cloning drops the class, code and effect of an error. */
import {
  type Effect,
  type ErrorCode,
  errorOf,
  isShardbearerError,
  parseErrorCode,
  type ShardbearerError,
} from '../wire/errors.ts';
import { unexpectedError } from '../wire/platform-error.ts';

export interface ErrorRecord {
  readonly kind: 'failure';
  readonly code: ErrorCode;
  readonly effect: Effect;
  readonly message: string;
  readonly cause: CauseRecord | undefined;
}

/** A cause as data. A cause is an error of this library, an error of the platform, or another thrown value. */
type CauseRecord =
  | ErrorRecord
  | {
      readonly kind: 'error';
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly cause: CauseRecord | undefined;
    }
  | { readonly kind: 'value'; readonly value: Plain };

type Plain = string | number | bigint | boolean | null | undefined;

/** Most causes of one error. Longer chains are cut, since a chain of causes can be cyclic. */
const CAUSE_DEPTH = 4;

export function packError(error: unknown): ErrorRecord {
  return packFailure(typedError(error), CAUSE_DEPTH);
}

/** Restores a packed error. An unknown code comes from another build and becomes `VERSION_UNSUPPORTED`. */
export function unpackError({ code, effect, message, cause }: ErrorRecord): ShardbearerError {
  const details = cause === undefined ? { effect } : { effect, cause: unpackCause(cause) };
  return errorOf(parseErrorCode(code) ?? 'VERSION_UNSUPPORTED', message, details);
}

/** Returns errors of this library unchanged. Any other thrown value becomes the cause of `PLATFORM_FAILED`. */
export function typedError(error: unknown): ShardbearerError {
  return unexpectedError(error);
}

export function errorCodeOf(error: unknown): ErrorCode | undefined {
  return isShardbearerError(error) ? error.code : undefined;
}

function packFailure({ code, effect, message, cause }: ShardbearerError, depth: number): ErrorRecord {
  return { kind: 'failure', code, effect, message, cause: packCause(cause, depth) };
}

function packCause(cause: unknown, depth: number): CauseRecord | undefined {
  if (cause === undefined || depth === 0) return undefined;
  if (isShardbearerError(cause)) return packFailure(cause, depth - 1);
  if (!isErrorLike(cause)) return { kind: 'value', value: isPlain(cause) ? cause : textOf(cause) };
  const { name, message, stack } = cause;
  return { kind: 'error', name, message, stack, cause: packCause(cause.cause, depth - 1) };
}

function unpackCause(record: CauseRecord): unknown {
  if (record.kind === 'failure') return unpackError(record);
  if (record.kind === 'value') return record.value;
  const options = record.cause === undefined ? undefined : { cause: unpackCause(record.cause) };
  const { name, stack } = record;
  return Object.assign(new Error(record.message, options), stack === undefined ? { name } : { name, stack });
}

/** Checks the properties instead of the class, since an error of another frame has another class. */
function isErrorLike(error: unknown): error is Error {
  if (error instanceof Error) return true;
  if (typeof error !== 'object' || error === null) return false;
  return 'message' in error && typeof error.message === 'string' && 'name' in error && typeof error.name === 'string';
}

function isPlain(value: unknown): value is Plain {
  return value === null || ['string', 'number', 'bigint', 'boolean', 'undefined'].includes(typeof value);
}

/** The conversion to text throws for objects without a prototype and for revoked proxies. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `a thrown ${typeof value}`;
  }
}
