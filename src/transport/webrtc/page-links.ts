import SimplePeer from 'simple-peer/simplepeer.min.js';
import type { IceServer } from '../../wire/rendezvous.ts';
import { type PlatformCall, platformError } from '../../wire/platform-error.ts';
import { PageConnection } from './page-connection.ts';
import { type PageNetwork, probePageNetwork } from './page-network.ts';
import type { PageCommand, PageReport, PeerNumber } from './port-messages.ts';

interface PageLinksOptions {
  /** One end of a `MessageChannel`. The worker's `PeerPort` has the other end. */
  readonly port: MessagePort;
  /** The window that fires `pagehide`. Default: the window of this page. */
  readonly window?: Pick<Window, 'addEventListener' | 'removeEventListener'>;
}

/**
 * The page's side of all links of this tab. The page makes the connections, because a worker cannot make any. It
 * transfers the channels for frames to the worker, and it sends goodbyes when the page closes.
 */
export class PageLinks {
  readonly #port: MessagePort;
  readonly #window: Pick<Window, 'addEventListener' | 'removeEventListener'>;
  readonly #connections = new Map<PeerNumber, PageConnection>();
  #probe: Promise<PageNetwork> | undefined;
  readonly #leave = (): void => this.leave();

  constructor(options: PageLinksOptions) {
    this.#port = options.port;
    this.#window = options.window ?? window;
    this.#window.addEventListener('pagehide', this.#leave);
    this.#port.onmessage = (event: MessageEvent<PageCommand>) => this.#perform(event.data);
  }

  static get supported(): boolean {
    return typeof RTCPeerConnection === 'function';
  }

  /**
   * Sends a goodbye on all connections and ends them. The page does this on `pagehide`, because messages from a worker
   * may never leave a closing page.
   */
  leave(): void {
    for (const connection of this.#connections.values()) connection.leave();
    this.#connections.clear();
  }

  /** Ends all connections at once, for example after the worker has died. */
  close(): void {
    this.#window.removeEventListener('pagehide', this.#leave);
    this.#port.onmessage = null;
    this.#port.close();
    for (const connection of this.#connections.values()) connection.destroy();
    this.#connections.clear();
  }

  #perform(command: PageCommand): void {
    switch (command.kind) {
      case 'open-peer':
        this.#open(command);
        return;
      case 'signal-in':
        this.#connections.get(command.peer)?.signal(command.signal);
        return;
      case 'relay-out':
        this.#connections.get(command.peer)?.relay(command.message);
        return;
      case 'close-peer':
        this.#connections.get(command.peer)?.closeSoon();
        this.#connections.delete(command.peer);
    }
  }

  /** Tests the network. Concurrent callers share one test. */
  #probeNetwork(): Promise<PageNetwork> {
    this.#probe ??= probePageNetwork().finally(() => {
      this.#probe = undefined;
    });
    return this.#probe;
  }

  #open(command: Extract<PageCommand, { kind: 'open-peer' }>): void {
    const { peer } = command;
    const report = (message: PageReport, transfer: Transferable[] = []): void =>
      this.#port.postMessage(message, transfer);
    const fail = (call: PlatformCall, error: unknown): void =>
      report({ kind: 'peer-failed', peer, message: platformError(call, error).message });
    let simplePeer: SimplePeer | undefined;
    try {
      simplePeer = new SimplePeer({
        initiator: command.initiator,
        trickle: true,
        objectMode: true,
        config: { iceServers: command.iceServers.map(toRtcIceServer) },
      });
      const connection = simplePeer._pc;
      if (connection === null || connection === undefined) {
        simplePeer.on('error', (error) => fail('new RTCPeerConnection', error));
        return;
      }
      // The constructor creates the channel for frames in the task that created the peer. A later channel silently
      // loses its first messages.
      const { throughPage } = command;
      const probeNetwork = () => this.#probeNetwork();
      const parts = { peer, simplePeer, connection, throughPage, probeNetwork };
      this.#connections.set(peer, new PageConnection(parts, report));
    } catch (error) {
      simplePeer?.destroy();
      fail(simplePeer === undefined ? 'new RTCPeerConnection' : 'RTCPeerConnection.createDataChannel', error);
    }
  }
}

function toRtcIceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return {
    urls: [...urls],
    ...(username !== undefined && { username }),
    ...(credential !== undefined && { credential }),
  };
}
