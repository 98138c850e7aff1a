import type { IceServer } from '../wire/rendezvous.ts';
import type { ByteChannel } from './byte-channel.ts';

export interface PeerOptions {
  /** Whether this end makes the offer. The other end answers. */
  readonly initiator: boolean;
  readonly iceServers: readonly IceServer[];
}

/** The events of one connection. No event follows `failed`, or a call of the connection's `close()`. */
export interface PeerListener {
  /**
   * Called once with the channel for frames, which may not be open yet. Call the channel's `listen` inside this call.
   */
  channel(channel: ByteChannel): void;
  /** Called with each signal for the remote end. Pass the signals to the remote end's `signal`, in order. */
  signal(signal: string): void;
  /** Called when the page at the remote end closes. */
  goodbye(): void;
  /**
   * Called when the browser found no ICE candidate, so no link can form. The device has no network, or this page can no
   * longer use the network.
   */
  noCandidates(why: 'no-network' | 'network-service-died'): void;
  failed(message: string): void;
}

/** One connection, established or not. */
export interface Peer {
  signal(signal: string): void;
  /** Closes the connection. Messages that were sent on its channel still leave. */
  close(): void;
}

/** Makes connections, through the page in a browser and in memory in tests. */
export interface PeerFactory {
  open(options: PeerOptions, listener: PeerListener): Peer;
}
