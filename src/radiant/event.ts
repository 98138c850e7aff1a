import type { WriteBatch } from '../storage/contract.ts';
import type { TransportEvent, Urgency } from '../transport/contract.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import type { Reply, Request } from '../wire/frames/frame.ts';
import type { ClusterId, LinkId, OrderId, RadiantId } from '../wire/identifiers.ts';

declare const writeBrand: unique symbol;
/** Counts the writes of one radiant boot from 1. */
export type WriteNumber = number & { readonly [writeBrand]: 'WriteNumber' };

/** All that happens to a radiant. The same events in the same order make the same radiant. */
export type RadiantEvent =
  | { readonly kind: 'tick' }
  | { readonly kind: 'transport'; readonly event: TransportEvent }
  | { readonly kind: 'written'; readonly write: WriteNumber }
  | { readonly kind: 'write-failed'; readonly write: WriteNumber; readonly error: ShardbearerError }
  /** A client in the same host asks; the answer comes as a `reply` effect. */
  | { readonly kind: 'request'; readonly order: OrderId; readonly request: Request }
  /**
   * Asks the bondsmith to let this radiant go, until it is gone: `RadiantView.leaving` tells what became of it. `beside`:
   * others that go at the same time, and cannot take over from it. Told again, those that are named last count.
   */
  | { readonly kind: 'leave'; readonly beside?: readonly RadiantId[] }
  /** It is not to leave after all; where it was let go already, it asks for a place again. */
  | { readonly kind: 'stay' }
  /**
   * Asks another voter to lead each order that this radiant leads: the one that is present and has flushed the most. Until
   * that is decided no proposals are taken; this radiant leads on where nobody takes over within an election time-out.
   */
  | { readonly kind: 'transfer-leadership' }
  /** Another identity of this device was given up for good, since its data is lost: others need not wait for it. */
  | { readonly kind: 'identity-retired'; readonly radiant: RadiantId }
  /** The page goes away: say goodbye, lead no more. */
  | { readonly kind: 'page-hidden-for-good' };

/** All that a radiant causes. */
export type RadiantEffect =
  | { readonly kind: 'send'; readonly link: LinkId; readonly bytes: Uint8Array; readonly urgency: Urgency }
  /** One at a time: the next follows its completion. */
  | { readonly kind: 'write'; readonly write: WriteNumber; readonly batch: WriteBatch }
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** Who forms the cluster is known now. */
  | { readonly kind: 'associate'; readonly cluster: ClusterId }
  | { readonly kind: 'connect'; readonly radiant: RadiantId }
  | { readonly kind: 'disconnect'; readonly link: LinkId }
  /** A sealed signal came through the mesh for this radiant's transport. */
  | { readonly kind: 'signal'; readonly from: RadiantId; readonly sealed: Uint8Array }
  /** What the radiant knows of the cluster changed: clients and people look again. */
  | { readonly kind: 'view-changed' }
  /** It stopped and takes no more events. `STORAGE_LOST` retires the identity; after all else it starts anew. */
  | { readonly kind: 'halt'; readonly error: ShardbearerError };
