/** Bounds the connections of an HTTP server that are no WebSockets: slow ones would keep everybody else out. */
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
  /** By remote address and port. TLS puts a socket of its own around the one that was accepted; both have the same. */
  readonly #sockets = new Map<string, Socket>();

  constructor(server: Server, limits: ConnectionLimits = LIMITS) {
    const { httpConnections: total, httpConnectionsOfOneAddress: ofOneNetwork } = limits;
    this.#strangers = new Strangers({ total, ofOneNetwork });
    server.on('connection', (socket: Socket) => this.#take(socket));
    server.prependListener('upgrade', (request) => this.#strangers.delete(nameOf(request.socket)));
  }

  /** Ends every connection, those that were upgraded included. */
  endAll(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #take(socket: Socket): void {
    // Its client is gone already. Node notices that only when it reads from the socket or writes to it.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const name = nameOf(socket);
    this.#sockets.set(name, socket);
    socket.once('close', () => {
      if (this.#sockets.get(name) !== socket) return;
      this.#sockets.delete(name);
      this.#strangers.delete(name);
    });
    const leaving = this.#strangers.add(name, networkOf(socket.remoteAddress));
    if (leaving !== undefined) this.#sockets.get(leaving)?.destroy();
  }
}

const nameOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
