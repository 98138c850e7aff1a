import type { ByteChannel, ByteChannelListener } from '../../src/transport/byte-channel.ts';
import type { Peer, PeerFactory, PeerListener, PeerOptions } from '../../src/transport/peer-factory.ts';

export interface MemoryNetworkOptions {
  /** Returns the delay of the next signal, message or event in milliseconds. Default: no delay. */
  readonly delayMs?: () => number;
}

/**
 * Connections in memory with the handshake of WebRTC. One end offers and the other end answers. Then both ends open.
 */
export class MemoryNetwork {
  readonly #delayMs: () => number;
  readonly #offers = new Map<string, MemoryPeer>();
  readonly #living = new Set<MemoryPeer>();
  made = 0;

  constructor(options: MemoryNetworkOptions = {}) {
    this.#delayMs = options.delayMs ?? (() => 0);
  }

  factory(options: { readonly hasCandidates?: boolean } = {}): PeerFactory {
    return {
      open: (peerOptions, listener) => {
        const peer = new MemoryPeer(this, ++this.made, peerOptions, listener, options.hasCandidates ?? true);
        this.#living.add(peer);
        return peer;
      },
    };
  }

  /** Number of peers that are not closed. Each connection has two peers. */
  get living(): number {
    return this.#living.size;
  }

  later(task: () => void): void {
    setTimeout(task, this.#delayMs());
  }

  pause(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, this.#delayMs());
    });
  }

  offer(peer: MemoryPeer): string {
    const name = `offer ${peer.number}`;
    this.#offers.set(name, peer);
    return name;
  }

  find(offer: string): MemoryPeer | undefined {
    return this.#offers.get(offer);
  }

  gone(peer: MemoryPeer): void {
    this.#living.delete(peer);
  }

  /** Breaks all connections, as a loss of the network does. */
  breakAll(): void {
    for (const peer of this.#living) peer.break();
  }
}

class MemoryPeer implements Peer {
  readonly number: number;
  readonly #network: MemoryNetwork;
  readonly #listener: PeerListener;
  readonly #channel: PipeChannel;
  #closed = false;

  constructor(
    network: MemoryNetwork,
    number: number,
    options: PeerOptions,
    listener: PeerListener,
    hasCandidates: boolean,
  ) {
    this.number = number;
    this.#network = network;
    this.#listener = listener;
    this.#channel = new PipeChannel(network);
    network.later(() => {
      if (this.#closed) return;
      listener.channel(this.#channel);
      if (options.initiator) listener.signal(network.offer(this));
      if (!hasCandidates) network.later(() => !this.#closed && listener.noCandidates('no-network'));
    });
  }

  signal(signal: string): void {
    this.#network.later(() => {
      if (this.#closed) return;
      const [kind, number] = signal.split(' ');
      const other = this.#network.find(`offer ${number}`);
      if (kind === 'offer' && other !== undefined) {
        this.#channel.join(other.#channel);
        this.#listener.signal(`answer ${number}`);
      } else if (kind === 'answer') {
        this.#channel.open();
      } else {
        this.#listener.failed('no such signal');
      }
    });
  }

  close(): void {
    this.#closed = true;
    this.#channel.close();
    this.#network.gone(this);
  }

  break(): void {
    if (this.#closed) return;
    this.close();
    this.#listener.failed('the network broke');
  }
}

/** A channel in memory that keeps the order of its messages. */
class PipeChannel implements ByteChannel {
  readonly bufferedAmount = 0;
  readonly #network: MemoryNetwork;
  #listener: ByteChannelListener | undefined;
  #other: PipeChannel | undefined;
  readonly #unheard: ((listener: ByteChannelListener) => void)[] = [];
  #last: Promise<void> = Promise.resolve();
  #isOpen = false;
  #isClosed = false;

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  listen(listener: ByteChannelListener): void {
    this.#listener = listener;
    queueMicrotask(() => {
      for (const event of this.#unheard.splice(0)) event(listener);
    });
  }

  join(other: PipeChannel): void {
    this.#other = other;
    other.#other = this;
  }

  open(): void {
    for (const end of [this, this.#other]) {
      if (end === undefined || end.#isOpen) continue;
      end.#isOpen = true;
      end.#tell((listener) => listener.opened());
    }
  }

  send(message: Uint8Array): void {
    if (this.#isClosed) return;
    const copy = new Uint8Array(message);
    this.#tellOther((listener) => listener.message(copy));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tellOther((listener) => listener.closed());
  }

  /** Passes an event to the listener. An event before the first listener is kept for it, as in a browser. */
  #tell(event: (listener: ByteChannelListener) => void): void {
    if (this.#isClosed) return;
    if (this.#listener === undefined || this.#unheard.length > 0) this.#unheard.push(event);
    else event(this.#listener);
  }

  #tellOther(event: (listener: ByteChannelListener) => void): void {
    this.#last = this.#last
      .then(() => this.#network.pause())
      .then(() => {
        const other = this.#other;
        if (other !== undefined) other.#tell(event);
      });
  }
}
