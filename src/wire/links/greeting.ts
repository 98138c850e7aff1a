import type { ErrorCode } from '../errors.ts';
import type { BootId, ClusterId, RadiantId } from '../identifiers.ts';

/** First message on a link, from both ends; frames follow only after both accepted. */
export interface Greeting {
  readonly versionMinimum: number;
  readonly versionMaximum: number;
  /** Undefined: not associated yet. */
  readonly cluster: ClusterId | undefined;
  readonly radiant: RadiantId;
  readonly boot: BootId;
  /** For people: which build the other end runs. */
  readonly build: string;
}

export type GreetingAnswer =
  | { readonly kind: 'accepted'; readonly version: number }
  | { readonly kind: 'refused'; readonly code: ErrorCode };
