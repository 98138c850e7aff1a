import type { IceServer } from '../wire/rendezvous.ts';
import type { ByteChannel } from './byte-channel.ts';

export interface PeerOptions {
  /** One end offers, the other answers. */
  readonly initiator: boolean;
  readonly iceServers: readonly IceServer[];
}

/** What happens to one connection; nothing after `failed`, and nothing after its `close()`. */
export interface PeerListener {
  /** The channel for frames exists, though it may not be open yet. Comes once; `listen` to it in this call. */
  channel(channel: ByteChannel): void;
  /** To be carried to the far end's `signal`, in order. */
  signal(signal: string): void;
  /** The page at the far end goes away. */
  goodbye(): void;
  /** The browser found no address of its own, so no link can form: the device has no network, or this page lost it. */
  noCandidates(why: 'no-network' | 'network-service-died'): void;
  failed(message: string): void;
}

/** One connection on its way, or made. */
export interface Peer {
  signal(signal: string): void;
  /** Ends it; what its channel has sent still leaves. */
  close(): void;
}

/** Makes connections: by way of the page in a browser, in memory in tests. */
export interface PeerFactory {
  open(options: PeerOptions, listener: PeerListener): Peer;
}
