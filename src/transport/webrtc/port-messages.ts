/**
 * What page and worker tell each other about connections. Both ends are of one
 * build and one origin: these messages never leave the browser. A `signal` is what
 * simple-peer wants the far end to get, as JSON text; the far end's simple-peer checks it.
 */
import type { IceServer } from '../../wire/rendezvous.ts';

/** Names one connection between worker and page; the worker counts from 1. */
export type PeerNumber = number;

/** Worker to page. */
export type PageCommand =
  | {
      readonly kind: 'open-peer';
      readonly peer: PeerNumber;
      readonly initiator: boolean;
      readonly iceServers: readonly IceServer[];
      /** True: the channel stays on the page even where it could be transferred. */
      readonly throughPage: boolean;
    }
  | { readonly kind: 'signal-in'; readonly peer: PeerNumber; readonly signal: string }
  | { readonly kind: 'relay-out'; readonly peer: PeerNumber; readonly message: Uint8Array }
  /** What was sent before still leaves. */
  | { readonly kind: 'close-peer'; readonly peer: PeerNumber };

/** Page to worker. */
export type PageReport =
  /** The frames' channel, transferred. */
  | { readonly kind: 'channel'; readonly peer: PeerNumber; readonly channel: RTCDataChannel }
  /** The frames' channel stays on the page: bytes go through it. */
  | { readonly kind: 'channel-on-page'; readonly peer: PeerNumber }
  | { readonly kind: 'signal-out'; readonly peer: PeerNumber; readonly signal: string }
  | { readonly kind: 'relay-opened'; readonly peer: PeerNumber }
  | { readonly kind: 'relay-in'; readonly peer: PeerNumber; readonly message: Uint8Array }
  /** So many more bytes of `relay-out` have left the page. */
  | { readonly kind: 'relay-drained'; readonly peer: PeerNumber; readonly bytes: number }
  | { readonly kind: 'relay-closed'; readonly peer: PeerNumber }
  /** The page at the other end said that it goes away. */
  | { readonly kind: 'goodbye'; readonly peer: PeerNumber }
  /** The browser found no address of its own to offer: no link can form over this network. */
  | { readonly kind: 'no-candidates'; readonly peer: PeerNumber }
  /** This page finds no addresses any more, though a new frame does: only a reload helps. */
  | { readonly kind: 'network-service-died'; readonly peer: PeerNumber }
  | { readonly kind: 'peer-failed'; readonly peer: PeerNumber; readonly message: string };
