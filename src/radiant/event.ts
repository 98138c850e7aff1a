import type { WriteBatch } from '../storage/contract.ts';
import type { TransportEvent, Urgency } from '../transport/contract.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import type { Reply, Request } from '../wire/frames/frame.ts';
import type { ClusterId, LinkId, OrderId, RadiantId } from '../wire/identifiers.ts';

declare const writeBrand: unique symbol;
/** Counts the writes of one boot from 1. */
export type WriteNumber = number & { readonly [writeBrand]: 'WriteNumber' };

/** Everything that happens to a radiant. The same events in the same order produce the same radiant. */
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
   * Asks the present voter that has flushed the most to lead each order that this radiant leads. No proposals are
   * accepted meanwhile. This radiant leads on if nobody takes over within an election time-out.
   */
  | { readonly kind: 'transfer-leadership' }
  /** The data of another identity of this device is lost, so nobody needs to wait for it. */
  | { readonly kind: 'identity-retired'; readonly radiant: RadiantId }
  /** The page closes: say goodbye and stop leading. */
  | { readonly kind: 'page-hidden-for-good' };

/** Everything that a radiant causes. */
export type RadiantEffect =
  | { readonly kind: 'send'; readonly link: LinkId; readonly bytes: Uint8Array; readonly urgency: Urgency }
  /** One write at a time: the next follows its completion. */
  | { readonly kind: 'write'; readonly write: WriteNumber; readonly batch: WriteBatch }
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** The cluster of this radiant is known. */
  | { readonly kind: 'associate'; readonly cluster: ClusterId }
  | { readonly kind: 'connect'; readonly radiant: RadiantId }
  | { readonly kind: 'disconnect'; readonly link: LinkId }
  /** A sealed signal for this radiant's transport came through the mesh. */
  | { readonly kind: 'signal'; readonly from: RadiantId; readonly sealed: Uint8Array }
  /** The view changed: clients and people look again. */
  | { readonly kind: 'view-changed' }
  /**
   * The radiant stopped and handles no more events. `STORAGE_LOST` retires the identity. After any other error the host
   * boots again.
   */
  | { readonly kind: 'halt'; readonly error: ShardbearerError };
