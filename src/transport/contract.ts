/**
 * The transport contract. Links to neighbours carry whole frames. A link is reported open after the greeting. A frame
 * arrives whole or not at all. On one link, urgent frames keep their order, and bulk frames keep their order. Frames of
 * calls can overtake each other.
 */
import type { ShardbearerError } from '../wire/errors.ts';
import type { BootId, ClusterId, LinkId, RadiantId } from '../wire/identifiers.ts';
import type { Urgency } from '../wire/links/framing.ts';

export type { Urgency };

export interface Neighbour {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  /** The cluster of the neighbour. Undefined if it has no cluster yet. */
  readonly cluster: ClusterId | undefined;
}

export type TransportEvent =
  | { readonly kind: 'link-opened'; readonly link: LinkId; readonly neighbour: Neighbour }
  /**
   * Every opened link closes once, except the links open at `close()`. The reasons are:
   * - `goodbye`: the remote end leaves, or its transport closed this link with `disconnect`.
   * - `failed`: the connection broke, or a newer one replaced it.
   * - `silent`: pings stayed unanswered.
   * - `closed`: `disconnect` was called. No new link is made until an application calls `connect`.
   */
  | { readonly kind: 'link-closed'; readonly link: LinkId; readonly reason: 'goodbye' | 'failed' | 'silent' | 'closed' }
  | { readonly kind: 'frame'; readonly link: LinkId; readonly bytes: Uint8Array }
  | { readonly kind: 'round-trip'; readonly link: LinkId; readonly milliseconds: number }
  /**
   * A sealed signal that cannot go through the signaling server. The radiant relays it to `to` through the mesh as body
   * kind `signal`. A radiant without neighbours drops the signal, and the transport retries.
   */
  | { readonly kind: 'signal-out'; readonly to: RadiantId; readonly sealed: Uint8Array }
  /** The state of the connection to the signaling server, which users see. */
  | { readonly kind: 'signaling'; readonly state: SignalingState }
  | { readonly kind: 'problem'; readonly error: ShardbearerError };

/** In the state `refused`, the server answers but rejects this radiant. */
export type SignalingState = 'connecting' | 'connected' | 'unreachable' | 'refused';

export interface Transport {
  /** Starts to look for neighbours. Events follow, but never inside a call of this interface. */
  start(listener: (event: TransportEvent) => void): void;
  /** Queues one frame. Drops a frame for a closed link, so senders must retry. */
  send(link: LinkId, bytes: Uint8Array, urgency: Urgency): void;
  /** Asks for a direct link to a radiant of this cluster. Does nothing if such a link exists. */
  connect(radiant: RadiantId): void;
  /**
   * Takes a sealed signal for this radiant that came through the mesh (body kind `signal`). `from` is the frame's
   * sender. Drops a signal that the cluster's secret does not open.
   */
  signalIn(from: RadiantId, sealed: Uint8Array): void;
  /** Sets the cluster of this radiant. From then on, greetings of other clusters are rejected. */
  associate(cluster: ClusterId): void;
  disconnect(link: LinkId): void;
  /** Sends a goodbye on every link, then closes all links. No event follows. */
  close(): void;
}
