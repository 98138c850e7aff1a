/** Where answers go, and those that refuse. */
import type { ErrorCode } from '../wire/errors.ts';
import type { Answer, RequestId } from '../wire/frames/frame.ts';
import type { BootId, RadiantId } from '../wire/identifiers.ts';

/** Who asked: a client in this host, the radiant itself, or one behind another radiant. */
export type Requester =
  | { readonly kind: 'local' }
  | { readonly kind: 'this-radiant' }
  | {
      readonly kind: 'remote';
      readonly radiant: RadiantId;
      readonly boot: BootId;
      /** The request was for this very boot: no other boot can have been brought a copy of it. */
      readonly isForThisBoot: boolean;
    };

export const LOCAL_CLIENT: Requester = { kind: 'local' };
export const THIS_RADIANT: Requester = { kind: 'this-radiant' };

/** One sending of a request, and the way back. */
export interface RequestOrigin {
  readonly requester: Requester;
  readonly id: RequestId;
}

export type ReplyTo = (origin: RequestOrigin, answer: Answer) => void;

/** A refusal of a sending that had no effect and never will. */
export function reject(code: ErrorCode, message: string, herald?: RadiantId): Answer {
  return { kind: 'refusal', code, message, herald, withoutEffect: true };
}

/** A refusal of a command that was proposed: another herald may still commit it. */
export function unknownOutcome(message: string, herald: RadiantId | undefined): Answer {
  return { kind: 'refusal', code: 'NOT_HERALD', message, herald, withoutEffect: false };
}
