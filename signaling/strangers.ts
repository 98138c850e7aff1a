import { isIPv6 } from 'node:net';

export interface StrangerLimits {
  readonly total: number;
  /**
   * Limit for the connections of one network. A network is an IPv4 address, or the first 64 bits of an IPv6 address.
   */
  readonly ofOneNetwork: number;
}

/**
 * Connections that have not joined a room. When there are too many, the oldest one is ended. An honest client joins
 * within one round trip, so an old stranger is not an honest client.
 */
export class Strangers<Connection> {
  readonly #limits: StrangerLimits;
  /** By connection: its network. The oldest connection comes first. */
  readonly #networks = new Map<Connection, string>();
  readonly #counts = new Map<string, number>();

  constructor(limits: StrangerLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#networks.size;
  }

  /** Whether one more connection of this network fits without displacing another one. */
  hasRoomFor(network: string): boolean {
    return this.size < this.#limits.total && this.#countOf(network) < this.#limits.ofOneNetwork;
  }

  /** Adds a connection. Returns the connection that it displaced, which the caller has to end. */
  add(connection: Connection, network: string): Connection | undefined {
    this.delete(connection);
    const leaving = this.#oldest(network);
    if (leaving !== undefined) this.delete(leaving);
    this.#networks.set(connection, network);
    this.#counts.set(network, this.#countOf(network) + 1);
    return leaving;
  }

  delete(connection: Connection): void {
    const network = this.#networks.get(connection);
    if (network === undefined) return;
    this.#networks.delete(connection);
    const count = this.#countOf(network) - 1;
    if (count > 0) this.#counts.set(network, count);
    else this.#counts.delete(network);
  }

  /** The connection that a newcomer of this network displaces. Undefined: the newcomer displaces none. */
  #oldest(network: string): Connection | undefined {
    if (this.hasRoomFor(network)) return undefined;
    const isOwn = this.#countOf(network) >= this.#limits.ofOneNetwork;
    for (const [connection, other] of this.#networks) if (!isOwn || other === network) return connection;
    return undefined;
  }

  #countOf(network: string): number {
    return this.#counts.get(network) ?? 0;
  }
}

/**
 * The part of an address that identifies a network: all of an IPv4 address, or the first 64 bits of an IPv6 address.
 */
export function networkOf(address: string | undefined): string {
  const [plain = ''] = (address ?? '').split('%');
  if (!isIPv6(plain)) return plain;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail = ''] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = plain.includes('::') ? 8 - groups.length - (tail === '' ? 0 : tail.split(':').length) : 0;
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail === '' ? [] : tail.split(':'))];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
