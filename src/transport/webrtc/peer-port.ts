import type { Peer, PeerFactory, PeerListener, PeerOptions } from '../peer-factory.ts';
import { DataByteChannel } from './data-channel.ts';
import type { PageCommand, PageReport, PeerNumber } from './port-messages.ts';
import { RelayedByteChannel } from './relayed-channel.ts';

interface PeerPortOptions {
  /** One end of a `MessageChannel`. The page's `PageLinks` has the other end. */
  readonly port: MessagePort;
  /** Whether frames go through the page even if the browser can transfer their channels. */
  readonly throughPage: boolean;
}

interface OpenPeer {
  readonly listener: PeerListener;
  relayed: RelayedByteChannel | undefined;
}

/** The worker's side of all links of this tab. All radiants of the worker share one port. */
export class PeerPort implements PeerFactory {
  readonly #port: MessagePort;
  readonly #throughPage: boolean;
  readonly #peers = new Map<PeerNumber, OpenPeer>();
  #lastPeer: PeerNumber = 0;
  #framesThroughPage: boolean;

  constructor(options: PeerPortOptions) {
    this.#port = options.port;
    this.#throughPage = options.throughPage;
    this.#framesThroughPage = options.throughPage;
    this.#port.onmessage = (event: MessageEvent<PageReport>) => this.#handle(event.data);
  }

  /** Whether frames go through the page, because of the option or because the browser cannot transfer channels. */
  get framesThroughPage(): boolean {
    return this.#framesThroughPage;
  }

  open(options: PeerOptions, listener: PeerListener): Peer {
    const peer = ++this.#lastPeer;
    this.#peers.set(peer, { listener, relayed: undefined });
    this.#command({ kind: 'open-peer', peer, throughPage: this.#throughPage, ...options });
    return {
      signal: (signal) => this.#command({ kind: 'signal-in', peer, signal }),
      close: () => {
        if (this.#peers.delete(peer)) this.#command({ kind: 'close-peer', peer });
      },
    };
  }

  #command(command: PageCommand, transfer: Transferable[] = []): void {
    this.#port.postMessage(command, transfer);
  }

  #handle(report: PageReport): void {
    const open = this.#peers.get(report.peer);
    // A peer that was closed while its channel was transferred is unknown here. The channel must be closed, too.
    if (open === undefined) {
      if (report.kind === 'channel') report.channel.close();
      return;
    }
    switch (report.kind) {
      case 'channel':
        open.listener.channel(new DataByteChannel(report.channel));
        return;
      case 'channel-on-page':
        this.#framesThroughPage = true;
        open.relayed = new RelayedByteChannel(report.peer, (command, transfer) => this.#command(command, transfer));
        open.listener.channel(open.relayed);
        return;
      case 'relay-opened':
      case 'relay-in':
      case 'relay-drained':
      case 'relay-closed':
        open.relayed?.handle(report);
        return;
      case 'signal-out':
        open.listener.signal(report.signal);
        return;
      case 'goodbye':
        open.listener.goodbye();
        return;
      case 'no-candidates':
        open.listener.noCandidates('no-network');
        return;
      case 'network-service-died':
        open.listener.noCandidates('network-service-died');
        return;
      case 'peer-failed':
        this.#peers.delete(report.peer);
        // The page keeps the connection of the failed peer until it receives this command.
        this.#command({ kind: 'close-peer', peer: report.peer });
        open.listener.failed(report.message);
    }
  }
}
