import type { Neighbour, Transport, TransportEvent, Urgency } from '../../../src/transport/contract.ts';
import { ClusterKeys, parseSecret } from '../../../src/transport/secrets.ts';
import { PeerPort } from '../../../src/transport/webrtc/peer-port.ts';
import { WebRtcTransport } from '../../../src/transport/webrtc/webrtc-transport.ts';
import { type BootId, type ClusterId, type LinkId, parseId, type RadiantId } from '../../../src/wire/identifiers.ts';

export interface BenchOptions {
  /** The hexadecimal digit that all digits of the radiant's id equal. */
  readonly radiant: string;
  /** The hexadecimal digit that all digits of the boot id equal. Default: `0`. */
  readonly boot?: string;
  readonly cluster?: string;
  readonly secret: string;
  readonly signalingUrl: string;
  readonly throughPage?: boolean;
}

/** A received frame without its bytes. */
export interface SeenFrame {
  readonly from: string;
  readonly seed: number;
  readonly bytes: number;
  readonly whole: boolean;
}

interface OpenLink {
  readonly link: LinkId;
  readonly neighbour: Neighbour;
}

/** Seed of the frame that a radiant sends when a link opens. */
const FIRST_FRAME_SEED = 1;
const ECHO_SEED = 2;
const ECHOED_SEED = 3;
const RELAY_SEED = 4;

/** Radiants in one worker. Each of them consists of only its transport. */
export class TransportBench {
  #peers: PeerPort | undefined;
  readonly #radiants = new Map<string, BenchRadiant>();
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  async start(options: BenchOptions): Promise<void> {
    this.#peers ??= new PeerPort({ port: this.#port, throughPage: options.throughPage === true });
    const keys = await ClusterKeys.derive(crypto.subtle, await parseSecret(crypto.subtle, options.secret));
    const transport = new WebRtcTransport({
      radiant: parseId<RadiantId>(options.radiant.repeat(32)),
      boot: parseId<BootId>((options.boot ?? '0').repeat(32)),
      build: 'bench',
      keys,
      signalingUrl: options.signalingUrl,
      peers: this.#peers,
    });
    if (options.cluster !== undefined) transport.associate(parseId<ClusterId>(options.cluster.repeat(32)));
    this.#radiants.set(options.radiant, new BenchRadiant(options.radiant, transport));
  }

  framesThroughPage(): boolean {
    return this.#peers?.framesThroughPage === true;
  }

  neighbours(radiant: string): string[] {
    return [...this.#radiant(radiant).links.keys()].toSorted();
  }

  events(radiant: string): string[] {
    return this.#radiant(radiant).events;
  }

  frames(radiant: string): SeenFrame[] {
    return this.#radiant(radiant).frames;
  }

  send(radiant: string, to: string, seed: number, bytes: number, urgency: Urgency): void {
    this.#radiant(radiant).send(to, patterned(seed, bytes), urgency);
  }

  connect(radiant: string, to: string): void {
    this.#radiant(radiant).transport.connect(parseId(to.repeat(32)));
  }

  close(radiant: string): void {
    this.#radiant(radiant).transport.close();
  }

  disconnect(radiant: string, from: string): void {
    const open = this.#radiant(radiant).links.get(from);
    if (open !== undefined) this.#radiant(radiant).transport.disconnect(open.link);
  }

  /** Durations of sequential round trips with 100 bytes, in milliseconds. */
  measureRoundTrips(radiant: string, to: string, count: number): Promise<number[]> {
    return this.#radiant(radiant).measureRoundTrips(to, count);
  }

  #radiant(radiant: string): BenchRadiant {
    const found = this.#radiants.get(radiant);
    if (found === undefined) throw new Error(`radiant ${radiant} does not live here`);
    return found;
  }
}

class BenchRadiant {
  readonly transport: Transport;
  readonly #name: string;
  readonly links = new Map<string, OpenLink>();
  readonly events: string[] = [];
  readonly frames: SeenFrame[] = [];
  readonly #byLink = new Map<LinkId, string>();
  #echoed: (() => void) | undefined;

  constructor(name: string, transport: Transport) {
    this.#name = name;
    this.transport = transport;
    transport.start((event) => this.#handle(event));
  }

  send(to: string, bytes: Uint8Array, urgency: Urgency): void {
    const open = this.links.get(to);
    if (open !== undefined) this.transport.send(open.link, bytes, urgency);
  }

  async measureRoundTrips(to: string, count: number): Promise<number[]> {
    const latenciesMs: number[] = [];
    while (latenciesMs.length < count) {
      const startMs = performance.now();
      await new Promise<void>((resolve) => {
        this.#echoed = resolve;
        this.send(to, patterned(ECHO_SEED, 100), 'urgent');
      });
      latenciesMs.push(performance.now() - startMs);
    }
    return latenciesMs;
  }

  #handle(event: TransportEvent): void {
    switch (event.kind) {
      case 'link-opened': {
        const name = event.neighbour.radiant.slice(0, 1);
        this.links.set(name, event);
        this.#byLink.set(event.link, name);
        this.events.push(`opened ${name} boot ${event.neighbour.boot.slice(0, 1)}`);
        // The frame is sent during the event that reports the open link, because such a frame must not be lost.
        this.transport.send(event.link, patterned(FIRST_FRAME_SEED, 50), 'urgent');
        return;
      }
      case 'link-closed': {
        const name = this.#byLink.get(event.link) ?? '?';
        if (this.links.get(name)?.link === event.link) this.links.delete(name);
        this.events.push(`closed ${name} ${event.reason}`);
        return;
      }
      case 'frame':
        this.#handleFrame(event.link, event.bytes);
        return;
      case 'signaling':
        this.events.push(`signaling ${event.state}`);
        return;
      case 'problem':
        this.events.push(`problem ${event.error.code}`);
        return;
      case 'signal-out':
        this.#relay(event.to, event.sealed);
        return;
      case 'round-trip':
    }
  }

  #handleFrame(link: LinkId, bytes: Uint8Array): void {
    const from = this.#byLink.get(link) ?? '?';
    const seed = bytes[0] ?? 0;
    if (seed === ECHO_SEED) this.send(from, patterned(ECHOED_SEED, 100), 'urgent');
    else if (seed === ECHOED_SEED) this.#echoed?.();
    else if (seed === RELAY_SEED) this.#hearRelayed(bytes);
    else this.frames.push({ from, seed, bytes: bytes.length, whole: isWhole(bytes) });
  }

  /** Relays sealed signals through every neighbour, as radiants do. */
  #relay(to: RadiantId, sealed: Uint8Array): void {
    for (const name of this.links.keys()) this.send(name, relayed(this.#name, to.slice(0, 1), sealed), 'urgent');
  }

  #hearRelayed(bytes: Uint8Array): void {
    const from = String.fromCharCode(bytes[1] ?? 0);
    const to = String.fromCharCode(bytes[2] ?? 0);
    const sealed = bytes.slice(3);
    if (to === this.#name) this.transport.signalIn(parseId<RadiantId>(from.repeat(32)), sealed);
    else if (this.links.has(to)) this.send(to, bytes, 'urgent');
  }
}

function relayed(from: string, to: string, sealed: Uint8Array): Uint8Array {
  return Uint8Array.of(RELAY_SEED, from.charCodeAt(0), to.charCodeAt(0), ...sealed);
}

/** Bytes whose pattern reveals any damage. */
function patterned(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (seed + at * 7) & 0xff;
  return bytes;
}

function isWhole(bytes: Uint8Array): boolean {
  const [seed = 0] = bytes;
  return bytes.every((byte, at) => byte === ((seed + at * 7) & 0xff));
}
