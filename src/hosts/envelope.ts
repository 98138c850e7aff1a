/**
 * One shape for every answer that crosses between a page and its worker. Structured
 * cloning drops the class and the code of an error; here they cross as data.
 */
import {
  type ErrorCode,
  InvalidArgumentError,
  InvariantError,
  isShardbearerError,
  OutcomeUnknownError,
  parseErrorCode,
  ShardbearerError,
  StorageLostError,
} from '../wire/errors.ts';

export type Envelope<Result> =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'failure'; readonly failure: FailureRecord };

/** An error as data. */
export interface FailureRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cause: FailureRecord | undefined;
}

/** Causes of causes beyond this depth are left out: a cyclic chain must end. */
const CAUSE_DEPTH = 4;

/** Runs `work` and wraps what it resolves to, or how it failed. Never rejects. */
export async function intoEnvelope<Result>(work: () => Promise<Result> | Result): Promise<Envelope<Result>> {
  try {
    return { kind: 'result', result: await work() };
  } catch (error) {
    return { kind: 'failure', failure: packError(error) };
  }
}

/**
 * Opens an envelope.
 * @throws {ShardbearerError} the failure inside, with the class and code that it had
 */
export function openEnvelope<Result>(envelope: Envelope<Result>): Result {
  if (envelope.kind === 'result') return envelope.result;
  throw unpackError(envelope.failure);
}

/** An error as data. One that is not ours is a bug, and is named so: callers meet no untyped error. */
export function packError(error: unknown, depth = CAUSE_DEPTH): FailureRecord {
  const cause = error instanceof Error && error.cause !== undefined && depth > 0 ? error.cause : undefined;
  const packedCause = cause === undefined ? undefined : packError(cause, depth - 1);
  if (isShardbearerError(error)) return { code: error.code, message: error.message, cause: packedCause };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'INVARIANT_BROKEN', message, cause: packedCause };
}

/** The error that was packed. A code of another build is `INVARIANT_BROKEN`. */
export function unpackError(record: FailureRecord): ShardbearerError {
  const options = record.cause === undefined ? undefined : { cause: unpackError(record.cause) };
  const code = parseErrorCode(record.code) ?? 'INVARIANT_BROKEN';
  switch (code) {
    case 'INVALID_ARGUMENT':
      return new InvalidArgumentError(record.message, options);
    case 'INVARIANT_BROKEN':
      return new InvariantError(record.message, options);
    case 'OUTCOME_UNKNOWN':
      return new OutcomeUnknownError(record.message, options);
    case 'STORAGE_LOST':
      return new StorageLostError(record.message, options);
    default:
      return new ShardbearerError(code, record.message, options);
  }
}

/** Any error as one of ours: what was not typed is a bug, and is named so. */
export function typedError(error: unknown): ShardbearerError {
  return unpackError(packError(error));
}

/** The code of one of our errors; undefined for any other. */
export function errorCodeOf(error: unknown): ErrorCode | undefined {
  return isShardbearerError(error) ? error.code : undefined;
}
