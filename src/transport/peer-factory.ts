import type { IceServer } from '../wire/rendezvous.ts';
import type { ByteChannel } from './byte-channel.ts';

export interface PeerOptions {
  /** One end offers, the other answers. */
  readonly initiator: boolean;
  readonly iceServers: readonly IceServer[];
}

/** The events of one connection. None follows `failed` or the connection's `close()`. */
export interface PeerListener {
  /** Called once with the frames channel, which may not be open yet. Call its `listen` inside this call. */
  channel(channel: ByteChannel): void;
  /** Carry each signal to the remote end's `signal`, in order. */
  signal(signal: string): void;
  /** The page at the remote end closes. */
  goodbye(): void;
  /** The browser found no candidate. No link can form: the device has no network, or this page lost it. */
  noCandidates(why: 'no-network' | 'network-service-died'): void;
  failed(message: string): void;
}

/** One connection, established or not. */
export interface Peer {
  signal(signal: string): void;
  /** Closes the connection. Messages sent on its channel still leave. */
  close(): void;
}

/** Makes connections: through the page in a browser, in memory in tests. */
export interface PeerFactory {
  open(options: PeerOptions, listener: PeerListener): Peer;
}
