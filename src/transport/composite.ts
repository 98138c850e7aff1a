import { asLinkId, type ClusterId, type LinkId, type RadiantId } from '../wire/identifiers.ts';
import type { Neighbour, Transport, TransportEvent, Urgency } from './contract.ts';

interface Route {
  readonly link: LinkId;
  /** Index of the transport that has the link. A lower index is preferred. */
  readonly preference: number;
  readonly inner: LinkId;
  readonly neighbour: Neighbour;
}

/**
 * Several transports behind one contract. A neighbour that several transports reach has one link, on the preferred
 * transport.
 */
export class CompositeTransport implements Transport {
  readonly #transports: readonly Transport[];
  /** The listener is called directly, because every inner transport delivers its events outside of all calls. */
  #listener: ((event: TransportEvent) => void) | undefined;
  readonly #routes = new Map<LinkId, Route>();
  readonly #byNeighbour = new Map<RadiantId, Route>();
  /** One map for each transport, in order of preference. A map leads from the transport's own link ids to routes. */
  readonly #byInner: readonly Map<LinkId, Route>[];
  #lastLink = 0;

  /** @param transports in order of preference */
  constructor(transports: readonly Transport[]) {
    this.#transports = transports;
    this.#byInner = transports.map(() => new Map<LinkId, Route>());
  }

  start(listener: (event: TransportEvent) => void): void {
    this.#listener = listener;
    this.#transports.forEach((transport, preference) => transport.start(this.#listenerOf(preference)));
  }

  send(link: LinkId, bytes: Uint8Array, urgency: Urgency): void {
    const route = this.#routes.get(link);
    if (route !== undefined) this.#transports[route.preference]?.send(route.inner, bytes, urgency);
  }

  connect(radiant: RadiantId): void {
    if (this.#byNeighbour.has(radiant)) return;
    for (const transport of this.#transports) transport.connect(radiant);
  }

  signalIn(from: RadiantId, sealed: Uint8Array): void {
    for (const transport of this.#transports) transport.signalIn(from, sealed);
  }

  associate(cluster: ClusterId): void {
    for (const transport of this.#transports) transport.associate(cluster);
  }

  disconnect(link: LinkId): void {
    const route = this.#routes.get(link);
    if (route !== undefined) this.#transports[route.preference]?.disconnect(route.inner);
  }

  close(): void {
    for (const transport of this.#transports) transport.close();
    this.#listener = undefined;
  }

  #listenerOf(preference: number): (event: TransportEvent) => void {
    const routes = this.#byInner[preference];
    return (event) => {
      switch (event.kind) {
        case 'link-opened':
          this.#opened(preference, event.link, event.neighbour);
          return;
        case 'link-closed': {
          const route = routes?.get(event.link);
          if (route !== undefined) this.#forget(route, event.reason);
          return;
        }
        case 'frame':
        case 'round-trip': {
          const route = routes?.get(event.link);
          if (route !== undefined) this.#listener?.({ ...event, link: route.link });
          return;
        }
        case 'signal-out':
        case 'signaling':
        case 'problem':
          this.#listener?.(event);
      }
    };
  }

  #opened(preference: number, inner: LinkId, neighbour: Neighbour): void {
    const known = this.#byNeighbour.get(neighbour.radiant);
    if (known !== undefined) {
      if (known.neighbour.boot === neighbour.boot && known.preference < preference) {
        this.#transports[preference]?.disconnect(inner);
        return;
      }
      this.#forget(known, 'failed');
      this.#transports[known.preference]?.disconnect(known.inner);
    }
    const route = { link: asLinkId(++this.#lastLink), preference, inner, neighbour };
    this.#routes.set(route.link, route);
    this.#byNeighbour.set(neighbour.radiant, route);
    this.#byInner[preference]?.set(inner, route);
    this.#listener?.({ kind: 'link-opened', link: route.link, neighbour });
  }

  #forget(route: Route, reason: Extract<TransportEvent, { kind: 'link-closed' }>['reason']): void {
    this.#routes.delete(route.link);
    this.#byInner[route.preference]?.delete(route.inner);
    if (this.#byNeighbour.get(route.neighbour.radiant) === route) this.#byNeighbour.delete(route.neighbour.radiant);
    this.#listener?.({ kind: 'link-closed', link: route.link, reason });
  }
}
