import { ShardbearerError } from '../wire/errors.ts';
import { asLinkId, type BootId, type ClusterId, type LinkId, type RadiantId, shortId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { Transport, TransportEvent, Urgency } from './contract.ts';
import { EventOutlet } from './event-outlet.ts';

interface LocalIdentity {
  readonly radiant: RadiantId;
  readonly boot: BootId;
}

/** Connects the radiants of one worker. Frames pass by reference, and no frame between started transports is lost. */
export class LocalHub {
  readonly #transports = new Map<RadiantId, LocalTransport>();

  /** Creates the transport of one radiant. When the transport starts, it links with all started transports. */
  join(identity: LocalIdentity): Transport {
    return new LocalTransport(identity, this.#transports);
  }

  /** Whether a radiant runs in this worker. Other transports do not dial such a radiant over the network. */
  has(radiant: RadiantId): boolean {
    return this.#transports.has(radiant);
  }
}

type CloseReason = Extract<TransportEvent, { kind: 'link-closed' }>['reason'];

interface LocalLink {
  readonly to: LocalTransport;
  /** The id that the remote end uses for the same link. */
  readonly farEnd: LinkId;
}

class LocalTransport implements Transport {
  readonly identity: LocalIdentity;
  readonly #everyone: Map<RadiantId, LocalTransport>;
  readonly #outlet = new EventOutlet();
  readonly #links = new Map<LinkId, LocalLink>();
  #cluster: ClusterId | undefined;
  #lastLink = 0;

  constructor(identity: LocalIdentity, everyone: Map<RadiantId, LocalTransport>) {
    this.identity = identity;
    this.#everyone = everyone;
  }

  start(listener: (event: TransportEvent) => void): void {
    this.#outlet.open(listener);
    // A new boot first closes the links of the radiant's old boot. Neighbours thus see one link to the radiant at a
    // time.
    this.#everyone.get(this.identity.radiant)?.close();
    for (const other of this.#everyone.values()) this.#linkWith(other);
    this.#everyone.set(this.identity.radiant, this);
  }

  send(link: LinkId, bytes: Uint8Array, _urgency: Urgency): void {
    if (bytes.length > LIMITS.messages.frameBytes) {
      const message = `A frame of ${bytes.length} bytes was not sent. The limit is ${LIMITS.messages.frameBytes}.`;
      this.#outlet.emit({ kind: 'problem', error: new ShardbearerError('FRAME_TOO_LARGE', message) });
      return;
    }
    const found = this.#links.get(link);
    if (found !== undefined) found.to.#outlet.emit({ kind: 'frame', link: found.farEnd, bytes });
  }

  connect(radiant: RadiantId): void {
    const other = this.#everyone.get(radiant);
    if (other !== undefined && other !== this && !this.#isLinkedWith(other)) this.#linkWith(other);
  }

  signalIn(_from: RadiantId, _sealed: Uint8Array): void {
    // Links in memory need no signals.
  }

  associate(cluster: ClusterId): void {
    this.#cluster = cluster;
  }

  disconnect(link: LinkId): void {
    this.#end(link, 'closed', 'closed');
  }

  close(): void {
    for (const link of this.#links.keys()) this.#end(link, 'closed', 'goodbye');
    if (this.#everyone.get(this.identity.radiant) === this) this.#everyone.delete(this.identity.radiant);
    this.#outlet.close();
  }

  #isLinkedWith(other: LocalTransport): boolean {
    return [...this.#links.values()].some((link) => link.to === other);
  }

  #linkWith(other: LocalTransport): void {
    if (this.#cluster !== undefined && other.#cluster !== undefined && this.#cluster !== other.#cluster) {
      const message = `Radiant ${shortId(other.identity.radiant)} on this device belongs to another cluster and gets no link.`;
      this.#outlet.emit({ kind: 'problem', error: new ShardbearerError('FRAME_OF_OTHER_CLUSTER', message) });
      return;
    }
    const near = asLinkId(++this.#lastLink);
    const far = asLinkId(++other.#lastLink);
    this.#links.set(near, { to: other, farEnd: far });
    other.#links.set(far, { to: this, farEnd: near });
    this.#announce(near, other);
    other.#announce(far, this);
  }

  #announce(link: LinkId, other: LocalTransport): void {
    this.#outlet.emit({ kind: 'link-opened', link, neighbour: { ...other.identity, cluster: other.#cluster } });
    this.#outlet.emit({ kind: 'round-trip', link, milliseconds: 0 });
  }

  #end(link: LinkId, near: CloseReason, far: CloseReason): void {
    const ended = this.#links.get(link);
    if (ended === undefined) return;
    this.#links.delete(link);
    ended.to.#links.delete(ended.farEnd);
    this.#outlet.emit({ kind: 'link-closed', link, reason: near });
    ended.to.#outlet.emit({ kind: 'link-closed', link: ended.farEnd, reason: far });
  }
}
