import type { WriteBatch } from '../storage/contract.ts';
import type { TransportEvent, Urgency } from '../transport/contract.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import type { Reply, Request } from '../wire/frames/frame.ts';
import type { ClusterId, LinkId, OrderId, RadiantId } from '../wire/identifiers.ts';

/** Number of a write. The writes of one boot count from 1. */
export type WriteNumber = number;

/** All inputs of a radiant. The same events in the same order produce the same radiant. */
export type RadiantEvent =
  | { readonly kind: 'tick' }
  | { readonly kind: 'transport'; readonly event: TransportEvent }
  | { readonly kind: 'written'; readonly write: WriteNumber }
  | { readonly kind: 'write-failed'; readonly write: WriteNumber; readonly error: ShardbearerError }
  /** A request of a client in this host. The answer is a `reply` effect. */
  | { readonly kind: 'request'; readonly order: OrderId; readonly request: Request }
  /**
   * Asks the bondsmith to release this radiant, until it is released. See `RadiantView.leaving`. `alsoLeaving` names
   * radiants that leave at the same time and cannot take over. A repeated event replaces the names.
   */
  | { readonly kind: 'leave'; readonly alsoLeaving?: readonly RadiantId[] }
  /** Cancels a leave. A radiant that was released asks to join again. */
  | { readonly kind: 'stay' }
  /**
   * Transfers the leadership of every order that this radiant leads. The successor is the present voter that has
   * flushed the most entries. No proposals are accepted meanwhile. This radiant continues to lead if the transfer fails
   * within an election timeout.
   */
  | { readonly kind: 'transfer-leadership' }
  /** The data of another identity of this device is lost, so no order needs to wait for its return. */
  | { readonly kind: 'identity-retired'; readonly radiant: RadiantId }
  /** The page closes. The radiant says goodbye and stops leading. */
  | { readonly kind: 'page-hidden-for-good' };

/** All outputs of a radiant. */
export type RadiantEffect =
  | { readonly kind: 'send'; readonly link: LinkId; readonly bytes: Uint8Array; readonly urgency: Urgency }
  /** Writes one batch. The next write follows after the completion of this one. */
  | { readonly kind: 'write'; readonly write: WriteNumber; readonly batch: WriteBatch }
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** The cluster of this radiant is known. */
  | { readonly kind: 'associate'; readonly cluster: ClusterId }
  | { readonly kind: 'connect'; readonly radiant: RadiantId }
  | { readonly kind: 'disconnect'; readonly link: LinkId }
  /** A sealed signal for this radiant's transport arrived through the mesh. */
  | { readonly kind: 'signal'; readonly from: RadiantId; readonly sealed: Uint8Array }
  /** The view changed, so its readers should read it again. */
  | { readonly kind: 'view-changed' }
  /**
   * The radiant stopped and handles no more events. `STORAGE_LOST` retires the identity. After any other error, the
   * host starts another boot.
   */
  | { readonly kind: 'halt'; readonly error: ShardbearerError };

/** Effects that the host has not taken yet, in order. */
export type EffectQueue = Pick<RadiantEffect[], 'push'>;
