/** Why a call ends without a result, and what its caller can do: whole sentences, for people. */
import type { ErrorCode } from '../wire/errors.ts';
import { asSentence } from '../wire/sentence.ts';
import type { Refusal } from './attempts.ts';
import type { Call } from './contract.ts';

export interface Reason {
  readonly code: ErrorCode;
  readonly why: string;
  /** Holds only for a call without effect. Empty if `why` says it all. */
  readonly advice: string;
}

export const NOT_GOVERNED: Reason = {
  code: 'NOT_GOVERNED',
  why: 'This cluster has no bondsmith, so its configuration cannot change.',
  advice: '',
};

export const UNKNOWN_SESSION: Reason = {
  code: 'UNKNOWN_SESSION',
  why: 'The order does not know the session of this call.',
  advice: 'Try again.',
};

/** Of a call that waited for room, or for earlier calls on its key, until its deadline. */
export const TOOK_TOO_LONG: Reason = {
  code: 'OVERLOADED',
  why: 'Earlier calls took so long that this one was not sent in time.',
  advice: 'Make fewer calls at once.',
};

/** What the refusing radiant said. */
export function reasonOf({ code, message }: Refusal): Reason {
  return { code, why: asSentence(message), advice: '' };
}

/** A repeated put or delete changes nothing more; a repeated append adds its value twice. */
export function adviceOnUnknown(call: Call): string {
  switch (call.kind) {
    case 'write':
      return `The ${call.operation.kind} may have taken effect, or may still do so. ${READ_FIRST[call.operation.kind]}`;
    case 'administer':
      return 'The change may have taken effect, or may still do so. Look at the configuration; the same change twice is safe.';
    case 'get':
    case 'query':
      return 'Try again.';
  }
}

const READ_FIRST = {
  put: 'Read the key, or put the same value again.',
  append: 'Read the key before you append again: a second append adds the value twice.',
  delete: 'Read the key, or delete it again.',
} as const;
