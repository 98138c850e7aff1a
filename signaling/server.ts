import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { type Logger, pino } from 'pino';
import { WebSocketServer } from 'ws';
import type { IceServer } from '../src/wire/rendezvous.ts';
import { MemberConnection } from './member-connection.ts';
import { Rooms } from './room.ts';
import {
  DEFAULT_INTERVALS,
  DEFAULT_LIMITS,
  DEFAULT_PATH,
  type SignalingIntervals,
  type SignalingLimits,
  type SignalingOptions,
} from './settings.ts';
import { networkOf, Strangers } from './strangers.ts';

/**
 * Accepts WebSockets on one path of an HTTP server, introduces their clients to each other, and relays their sealed
 * messages.
 */
export function attachSignaling(server: Server | SecureServer, options: SignalingOptions = {}): SignalingServer {
  return new SignalingServer(server, options);
}

export class SignalingServer {
  readonly #server: Server | SecureServer;
  /** The path that accepts WebSockets. */
  readonly path: string;
  readonly #limits: SignalingLimits;
  readonly #intervals: SignalingIntervals;
  readonly #iceServers: readonly IceServer[];
  readonly #logger: Logger;
  readonly #sockets: WebSocketServer;
  readonly #rooms: Rooms;
  readonly #connections = new Set<MemberConnection>();
  readonly #strangers: Strangers<MemberConnection>;
  readonly #pings: NodeJS.Timeout;
  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // From here on, Node does not handle errors of this socket.
    socket.on('error', () => socket.destroy());
    try {
      this.#takeUpgrade(request, socket, head);
    } catch (error) {
      this.#logger.error({ err: error, url: request.url }, 'an upgrade could not be answered');
      socket.destroy();
    }
  };
  #closing = false;
  #empty: (() => void) | undefined;

  constructor(server: Server | SecureServer, options: SignalingOptions) {
    this.#server = server;
    this.path = options.path ?? DEFAULT_PATH;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#intervals = { ...DEFAULT_INTERVALS, ...options.intervals };
    this.#iceServers = options.iceServers ?? [];
    this.#logger = options.logger ?? pino({ level: 'silent' });
    this.#rooms = new Rooms(this.#limits.rooms);
    this.#strangers = new Strangers({
      total: this.#limits.strangers,
      ofOneNetwork: this.#limits.strangersOfOneAddress,
    });
    // A message up to twice the limit gets a typed refusal. A larger one ends the connection before the message is
    // read.
    const maxPayload = 2 * this.#limits.messageBytes;
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false });
    this.#pings = setInterval(() => this.#pingAll(), this.#intervals.memberPingMs);
    this.#pings.unref();
    server.on('upgrade', this.#upgrade);
  }

  /** Counters for a health check. */
  counts(): Readonly<Record<'connections' | 'rooms', number>> {
    return { connections: this.#connections.size, rooms: this.#rooms.size };
  }

  /**
   * Refuses new members, tells all clients that the server closes, and resolves when they are gone. The HTTP server
   * stays open.
   */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#pings);
    this.#server.off('upgrade', this.#upgrade);
    this.#logger.info(this.counts(), 'the signaling server closes');
    const empty = new Promise<void>((resolve) => {
      this.#empty = resolve;
    });
    for (const connection of this.#connections) connection.dismiss();
    const patience = setTimeout(() => {
      for (const connection of this.#connections) connection.terminate();
    }, this.#intervals.closeMs);
    if (this.#connections.size > 0) await empty;
    clearTimeout(patience);
    this.#sockets.close();
  }

  #takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [path] = (request.url ?? '').split('?');
    if (path !== this.path) {
      // Another handler of this HTTP server may accept the upgrade.
      if (this.#server.listenerCount('upgrade') === 1) refuseUpgrade(socket, '404 Not Found');
      return;
    }
    const network = networkOf(request.socket.remoteAddress);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new MemberConnection(webSocket, {
        rooms: this.#rooms,
        limits: this.#limits,
        intervals: this.#intervals,
        iceServers: this.#iceServers,
        logger: this.#logger,
        joined: () => this.#strangers.delete(connection),
        left: () => this.#becomeStranger(connection, network),
        ended: () => this.#forget(connection),
      });
      this.#connections.add(connection);
      const leaving = this.#strangers.add(connection, network);
      if (leaving === undefined) return;
      this.#logger.info({ network }, 'too many connections are in no room; the oldest one is ended');
      leaving.terminate();
    });
  }

  /**
   * Counts a connection that left its room as a stranger again. It displaces no other stranger. While the server
   * closes, the connection needs no limit.
   */
  #becomeStranger(connection: MemberConnection, network: string): void {
    if (this.#closing) return;
    if (this.#strangers.hasRoomFor(network)) this.#strangers.add(connection, network);
    else connection.terminate();
  }

  #forget(connection: MemberConnection): void {
    this.#connections.delete(connection);
    this.#strangers.delete(connection);
    if (this.#connections.size === 0) this.#empty?.();
  }

  #pingAll(): void {
    for (const connection of this.#connections) connection.ping();
  }
}

/**
 * Refuses an upgrade and closes both halves of the socket. Node would keep a socket whose client never closes its half.
 */
export function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
