import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { WebSocket } from 'ws';
import { attachSignaling, type SignalingServer } from '../../signaling/server.ts';
import type { SignalingOptions } from '../../signaling/settings.ts';
import { parseId, parseRoomName, type RadiantId } from '../../src/wire/identifiers.ts';
import {
  type MemberKind,
  type MemberMessage,
  RENDEZVOUS_VERSION,
  type ServerMessage,
} from '../../src/wire/rendezvous.ts';
import { decodeServerMessage, encodeMemberMessage } from '../../src/wire/rendezvous-codec.ts';

export const memberId = (number: number): RadiantId => parseId(number.toString(16).padStart(32, '0'));
export const roomName = (number: number) => parseRoomName(number.toString(16).padStart(64, '0'));

export class RunningSignaling {
  private constructor(
    readonly http: Server,
    readonly signaling: SignalingServer,
    readonly url: string,
  ) {}

  static async start(options: SignalingOptions = {}, port = 0): Promise<RunningSignaling> {
    const http = createServer((_request, response) => response.writeHead(404).end());
    const signaling = attachSignaling(http, options);
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    const address = http.address();
    if (address === null || typeof address === 'string') throw new Error('listens on no port');
    return new RunningSignaling(http, signaling, `ws://127.0.0.1:${address.port}/signaling`);
  }

  async stop(): Promise<void> {
    await this.signaling.close();
    this.http.close();
    this.http.closeAllConnections();
  }
}

/** A plain WebSocket that sends and receives rendezvous messages, and can also misbehave. */
export class RendezvousClient {
  readonly received: ServerMessage[] = [];
  readonly #waiting: (() => void)[] = [];
  closed: { code: number } | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.received.push(decodeServerMessage(new Uint8Array(data)));
      this.#wake();
    });
    socket.on('close', (code) => {
      this.closed = { code };
      this.#wake();
    });
    socket.on('error', () => undefined);
  }

  static async connect(url: string): Promise<RendezvousClient> {
    const client = new RendezvousClient(new WebSocket(url));
    await once(client.socket, 'open');
    return client;
  }

  static async join(url: string, member: number, room = 1, kind: MemberKind = 'radiant'): Promise<RendezvousClient> {
    const client = await RendezvousClient.connect(url);
    client.join(member, room, kind);
    await client.next('welcome');
    return client;
  }

  join(member: number, room = 1, kind: MemberKind = 'radiant'): void {
    this.send({
      kind: 'join',
      version: RENDEZVOUS_VERSION,
      room: roomName(room),
      member: { id: memberId(member), kind },
    });
  }

  send(message: MemberMessage): void {
    this.socket.send(encodeMemberMessage(message));
  }

  /** Waits for a message of this kind, and removes it from `received`. */
  async next<Kind extends ServerMessage['kind']>(kind: Kind): Promise<Extract<ServerMessage, { kind: Kind }>> {
    for (;;) {
      const found = this.received.find((message) => isOfKind(message, kind));
      if (found !== undefined && isOfKind(found, kind)) {
        this.received.splice(this.received.indexOf(found), 1);
        return found;
      }
      if (this.closed !== undefined) throw new Error(`closed with ${this.closed.code} before ${kind}`);
      await this.#change();
    }
  }

  async end(): Promise<number> {
    while (this.closed === undefined) await this.#change();
    return this.closed.code;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function isOfKind<Kind extends ServerMessage['kind']>(
  message: ServerMessage,
  kind: Kind,
): message is Extract<ServerMessage, { kind: Kind }> {
  return message.kind === kind;
}
