/**
 * Limits the number of connections of an HTTP server. WebSockets do not count. Without a limit, idle connections could
 * block all new clients.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf, Strangers } from '../../signaling/strangers.ts';
import { LIMITS } from '../../src/wire/limits.ts';

export interface ConnectionLimits {
  readonly httpConnections: number;
  readonly httpConnectionsOfOneAddress: number;
}

export class ConnectionLimit {
  readonly #strangers: Strangers<string>;
  /**
   * For each remote address with port, the TCP socket. A TLS socket has the same address and port as its TCP socket.
   */
  readonly #byName = new Map<string, Socket>();
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, limits: ConnectionLimits = LIMITS.server) {
    const { httpConnections: total, httpConnectionsOfOneAddress: ofOneNetwork } = limits;
    this.#strangers = new Strangers({ total, ofOneNetwork });
    server.on('connection', (socket: Socket) => this.#take(socket));
  }

  /**
   * Stops counting a connection that has become a WebSocket. The signaling server has its own limits for WebSockets.
   */
  release(socket: Socket): void {
    this.#strangers.delete(nameOf(socket));
  }

  /** Ends every connection, WebSockets included. */
  endAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #take(socket: Socket): void {
    // The client has already gone. Node would notice that only at the next read or write.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const name = nameOf(socket);
    this.#sockets.add(socket);
    this.#byName.set(name, socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      // A later connection from the same address and port may have replaced this connection in the map.
      if (this.#byName.get(name) !== socket) return;
      this.#byName.delete(name);
      this.#strangers.delete(name);
    });
    const leaving = this.#strangers.add(name, networkOf(socket.remoteAddress));
    if (leaving !== undefined) this.#byName.get(leaving)?.destroy();
  }
}

const nameOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
