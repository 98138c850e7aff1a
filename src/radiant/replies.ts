/** The origins of requests, and the refusals that answer them. */
import type { ErrorCode } from '../wire/errors.ts';
import type { Answer, RequestId } from '../wire/frames/frame.ts';
import type { BootId, RadiantId } from '../wire/identifiers.ts';

export type Requester =
  | { readonly kind: 'local' }
  | { readonly kind: 'this-radiant' }
  | {
      readonly kind: 'remote';
      readonly radiant: RadiantId;
      readonly boot: BootId;
      /** Whether the frame named this boot, so that no other boot can have received a copy. */
      readonly isForThisBoot: boolean;
    };

export const LOCAL_CLIENT: Requester = { kind: 'local' };
export const THIS_RADIANT: Requester = { kind: 'this-radiant' };

/** One sending of a request. A client may send the same request several times. */
export interface RequestOrigin {
  readonly requester: Requester;
  readonly id: RequestId;
}

export type ReplyTo = (origin: RequestOrigin, answer: Answer) => void;

/** Refuses a sending that has no effect and never will. */
export function reject(code: ErrorCode, message: string, herald?: RadiantId): Answer {
  return { kind: 'refusal', code, message, herald, withoutEffect: true };
}

/** Refuses a command that was proposed. Another herald may still commit the command. */
export function unknownOutcome(message: string, herald: RadiantId | undefined): Answer {
  return { kind: 'refusal', code: 'NOT_HERALD', message, herald, withoutEffect: false };
}
