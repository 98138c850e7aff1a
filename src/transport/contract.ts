/**
 * What every transport offers: links to neighbours that carry whole frames.
 * The greeting is over before a link is reported open. A frame arrives whole or not at all. On one link urgent frames
 * arrive in order, and so do bulk frames; calls may arrive in any order.
 */
import type { ShardbearerError } from '../wire/errors.ts';
import type { BootId, ClusterId, LinkId, RadiantId } from '../wire/identifiers.ts';
import type { Urgency } from '../wire/links/urgency.ts';

export type { Urgency };

export interface Neighbour {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  /** Undefined: it belongs to none yet. */
  readonly cluster: ClusterId | undefined;
}

export type TransportEvent =
  | { readonly kind: 'link-opened'; readonly link: LinkId; readonly neighbour: Neighbour }
  /**
   * Every link that was opened is closed once, except those still open at `close()`. `goodbye`: the other end said
   * that it leaves; `failed`: the connection broke, or a newer one took its place; `silent`: our pings went
   * unanswered; `closed`: one end asked for it, and no new one is made unasked.
   */
  | { readonly kind: 'link-closed'; readonly link: LinkId; readonly reason: 'goodbye' | 'failed' | 'silent' | 'closed' }
  | { readonly kind: 'frame'; readonly link: LinkId; readonly bytes: Uint8Array }
  | { readonly kind: 'round-trip'; readonly link: LinkId; readonly milliseconds: number }
  /**
   * A sealed signal for a radiant that the signaling server cannot reach now. Whoever has neighbours relays it
   * through the mesh as the body kind `signal`; whoever has none drops it: the transport tries again.
   */
  | { readonly kind: 'signal-out'; readonly to: RadiantId; readonly sealed: Uint8Array }
  /** A state that people should see. */
  | { readonly kind: 'signaling'; readonly state: SignalingState }
  | { readonly kind: 'problem'; readonly error: ShardbearerError };

/** `refused`: the server answers but does not let this radiant in. */
export type SignalingState = 'connecting' | 'connected' | 'unreachable' | 'refused';

/** One radiant's links. */
export interface Transport {
  /** Starts looking for neighbours; events come from now on, never inside a call of this interface. */
  start(listener: (event: TransportEvent) => void): void;
  /** Queues one frame. A frame for a link that is closed is dropped: whoever sends repeats. */
  send(link: LinkId, bytes: Uint8Array, urgency: Urgency): void;
  /** Asks for a direct link to a radiant of this cluster, if there is none. */
  connect(radiant: RadiantId): void;
  /**
   * A sealed signal that came through the mesh (body kind `signal`) for this radiant; `from` is the frame's sender.
   * One that does not open with the cluster's secret is dropped.
   */
  signalIn(from: RadiantId, sealed: Uint8Array): void;
  /** The cluster that this radiant belongs to from now on: others are greeted with a refusal. */
  associate(cluster: ClusterId): void;
  /** Closes a link, for example to a radiant that was retired. */
  disconnect(link: LinkId): void;
  /** Says goodbye on every link, then closes them all. No event follows. */
  close(): void;
}
