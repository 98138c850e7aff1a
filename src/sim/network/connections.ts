import type { LinkId } from '../../wire/identifiers.ts';
import type { Connection, ConnectionEnd } from './connection.ts';
import type { Endpoint } from './endpoint.ts';

/** All links with at least one open end, indexed by endpoint. */
export class Connections implements Iterable<Connection> {
  readonly #all = new Set<Connection>();
  readonly #ofEndpoint = new Map<Endpoint, Set<Connection>>();

  [Symbol.iterator](): Iterator<Connection> {
    return this.#all.values();
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    for (const { endpoint } of connection.ends) {
      const own = this.#ofEndpoint.get(endpoint) ?? new Set();
      this.#ofEndpoint.set(endpoint, own.add(connection));
    }
  }

  delete(connection: Connection): void {
    this.#all.delete(connection);
    for (const { endpoint } of connection.ends) {
      const own = this.#ofEndpoint.get(endpoint);
      own?.delete(connection);
      if (own?.size === 0) this.#ofEndpoint.delete(endpoint);
    }
  }

  of(endpoint: Endpoint): Iterable<Connection> {
    return this.#ofEndpoint.get(endpoint) ?? [];
  }

  *between(endpoint: Endpoint, other: Endpoint): Generator<Connection> {
    for (const connection of this.of(endpoint)) if (connection.joins(endpoint, other)) yield connection;
  }

  /** The sending and the receiving end for a frame from this endpoint, if its end of the link is open. */
  find(
    endpoint: Endpoint,
    link: LinkId,
  ): { connection: Connection; from: ConnectionEnd; to: ConnectionEnd } | undefined {
    for (const connection of this.of(endpoint)) {
      const from = connection.endOf(endpoint);
      if (from?.link === link && from.open) return { connection, from, to: connection.otherEnd(from) };
    }
    return undefined;
  }
}
