import SimplePeer from 'simple-peer/simplepeer.min.js';
import type { IceServer } from '../../wire/rendezvous.ts';
import { type PlatformCall, platformError } from '../../wire/platform-error.ts';
import { PageConnection } from './page-connection.ts';
import { type PageNetwork, probePageNetwork } from './page-network.ts';
import type { PageCommand, PageReport, PeerNumber } from './port-messages.ts';

export interface PageLinksOptions {
  /** One end of a `MessageChannel`; the other is the worker's, for its `PeerPort`. */
  readonly port: MessagePort;
  /** Where `pagehide` is heard. Default: this page's window. */
  readonly window?: Pick<Window, 'addEventListener' | 'removeEventListener'>;
}

/**
 * The page's part of all links of this tab: it makes the connections (only a page
 * can), hands the frames' channels to the worker and says goodbye when it goes.
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

  /** Whether this browser can make links at all. */
  static get supported(): boolean {
    return typeof RTCPeerConnection === 'function';
  }

  /**
   * Says goodbye on all connections and ends them. `pagehide` does it here, and not in the worker: what a worker
   * sends while its page goes away may never leave.
   */
  leave(): void {
    for (const connection of this.#connections.values()) connection.leave();
    this.#connections.clear();
  }

  /** Ends all connections at once, for example after the worker died. */
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

  /** Connections that ask at the same time share one probe. */
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
      // In the very task that made the peer: a channel made later loses its first messages without a word.
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
