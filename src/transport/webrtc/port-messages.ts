/**
 * The messages between page and worker about connections. They never leave the browser, and both ends run the same
 * build. A `signal` is a signal of simple-peer as JSON text. The simple-peer of the remote end validates it.
 */
import type { IceServer } from '../../wire/rendezvous.ts';

/** Id of one connection, unique in this tab and counted from 1. */
export type PeerNumber = number;

export type PageCommand =
  | {
      readonly kind: 'open-peer';
      readonly peer: PeerNumber;
      readonly initiator: boolean;
      readonly iceServers: readonly IceServer[];
      /** Whether the channel for frames stays on the page even if the browser can transfer it. */
      readonly throughPage: boolean;
    }
  | { readonly kind: 'signal-in'; readonly peer: PeerNumber; readonly signal: string }
  | { readonly kind: 'relay-out'; readonly peer: PeerNumber; readonly message: Uint8Array<ArrayBuffer> }
  /** Closes the connection. Messages that were sent before still leave. */
  | { readonly kind: 'close-peer'; readonly peer: PeerNumber };

export type PageReport =
  | { readonly kind: 'channel'; readonly peer: PeerNumber; readonly channel: RTCDataChannel }
  /** The channel for frames stays on the page, which relays its messages. */
  | { readonly kind: 'channel-on-page'; readonly peer: PeerNumber }
  | { readonly kind: 'signal-out'; readonly peer: PeerNumber; readonly signal: string }
  | { readonly kind: 'relay-opened'; readonly peer: PeerNumber }
  | { readonly kind: 'relay-in'; readonly peer: PeerNumber; readonly message: Uint8Array }
  /** Number of bytes of `relay-out` messages that have left the page since the last report. */
  | { readonly kind: 'relay-drained'; readonly peer: PeerNumber; readonly bytes: number }
  | { readonly kind: 'relay-closed'; readonly peer: PeerNumber }
  /** The page at the remote end closes. */
  | { readonly kind: 'goodbye'; readonly peer: PeerNumber }
  /** The browser found no ICE candidate. No link can form over this network. */
  | { readonly kind: 'no-candidates'; readonly peer: PeerNumber }
  /** This page no longer finds ICE candidates, though a new frame does. Only a reload helps. */
  | { readonly kind: 'network-service-died'; readonly peer: PeerNumber }
  | { readonly kind: 'peer-failed'; readonly peer: PeerNumber; readonly message: string };
