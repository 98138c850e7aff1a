import type { Logger } from 'pino';
import { type RawData, WebSocket } from 'ws';
import { ShardbearerError } from '../src/wire/errors.ts';
import type {
  IceServer,
  Join,
  MemberMessage,
  RendezvousRefusal,
  RoomMember,
  ServerMessage,
} from '../src/wire/rendezvous.ts';
import { RENDEZVOUS_VERSION } from '../src/wire/rendezvous.ts';
import { decodeMemberMessage, encodeServerMessage } from '../src/wire/rendezvous-codec.ts';
import { MessageRate } from './message-rate.ts';
import type { MemberId, Room, RoomName, Rooms, Seat } from './room.ts';
import type { SignalingIntervals, SignalingLimits } from './settings.ts';

export interface ConnectionSurroundings {
  readonly rooms: Rooms;
  readonly limits: SignalingLimits;
  readonly intervals: SignalingIntervals;
  readonly iceServers: readonly IceServer[];
  readonly logger: Logger;
  joined(): void;
  left(): void;
  /** The connection is closed. */
  ended(): void;
}

type State =
  | { readonly kind: 'stranger' }
  | { readonly kind: 'member'; readonly room: Room; readonly name: RoomName; readonly seat: Seat }
  | { readonly kind: 'ended' };

/** Number of consecutive pings that a living connection may leave unanswered. */
const UNANSWERED_PINGS = 2;
const CLOSE_POLICY = 1_008;
const CLOSE_GOING_AWAY = 1_001;

/** One WebSocket from its opening to its end. It begins as a stranger, and becomes a member of a room. */
export class MemberConnection {
  readonly #socket: WebSocket;
  readonly #context: ConnectionSurroundings;
  readonly #rate: MessageRate;
  readonly #joinTimer: NodeJS.Timeout;
  #state: State = { kind: 'stranger' };
  #unansweredPings = 0;
  /**
   * Whether the client was warned that it sends too fast. The next warning follows only after the client has slowed
   * down.
   */
  #toldTooFast = false;

  constructor(socket: WebSocket, context: ConnectionSurroundings) {
    this.#socket = socket;
    this.#context = context;
    this.#rate = new MessageRate(context.limits.messagesEachSecond, () => performance.now());
    this.#joinTimer = setTimeout(
      () => this.#refuse('not-joined', 'Join a room first.'),
      context.intervals.joinPatienceMs,
    );
    socket.on('message', (data, isBinary) => {
      try {
        this.#take(data, isBinary);
      } catch (error) {
        // A fault while one message is handled ends this connection, not the process.
        context.logger.error({ err: error }, 'a message could not be handled');
        socket.terminate();
      }
    });
    socket.on('pong', () => {
      this.#unansweredPings = 0;
    });
    socket.on('error', (error) => context.logger.debug({ err: error }, 'connection failed'));
    socket.on('close', () => this.#end());
  }

  send(message: ServerMessage): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#context.limits.memberBufferedBytes) {
      this.#context.logger.info('a member reads too slowly; its connection ends');
      this.#socket.terminate();
      return;
    }
    this.#socket.send(encodeServerMessage(message));
  }

  /** Pings the client. Ends the connection if the last pings were not answered. */
  ping(): void {
    if (this.#unansweredPings >= UNANSWERED_PINGS) {
      this.#context.logger.debug('a connection does not answer pings; it ends');
      this.#socket.terminate();
      return;
    }
    this.#unansweredPings++;
    this.#socket.ping();
  }

  /** Closes the connection because the server closes. */
  dismiss(): void {
    this.#refuse('shutting-down', 'The signaling server closes.');
  }

  /** Ends the connection without a close handshake. */
  terminate(): void {
    this.#socket.terminate();
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#state.kind === 'ended' || this.#socket.readyState !== WebSocket.OPEN) return;
    if (!this.#rate.take()) {
      if (!this.#toldTooFast) {
        this.send({
          kind: 'refused',
          code: 'too-fast',
          message: 'You send too many messages. Slow down.',
          member: undefined,
        });
      }
      this.#toldTooFast = true;
      return;
    }
    this.#toldTooFast = false;
    const message = this.#read(data, isBinary);
    if (message !== undefined) this.#handle(message);
  }

  #read(data: RawData, isBinary: boolean): MemberMessage | undefined {
    if (!isBinary || !Buffer.isBuffer(data)) {
      this.#refuse('malformed', 'This message is text. Send binary messages.');
      return undefined;
    }
    try {
      return decodeMemberMessage(data);
    } catch (error) {
      this.#refuse(...refusalFor(error));
      return undefined;
    }
  }

  #handle(message: MemberMessage): void {
    switch (message.kind) {
      case 'join':
        this.#join(message);
        return;
      case 'signal':
        this.#carry(message.to, message.sealed);
        return;
      case 'ping':
        this.send({ kind: 'pong', number: message.number });
    }
  }

  #join(join: Join): void {
    const { rooms, limits, iceServers, logger } = this.#context;
    if (this.#state.kind !== 'stranger') {
      this.#refuse(
        'already-joined',
        'This connection has joined a room already. Use another connection for another room.',
      );
      return;
    }
    const room = rooms.enter(join.room);
    if (room === undefined) {
      this.#refuse('no-room-left', 'The signaling server has no free room. Try again later.');
      return;
    }
    const previous = room.find(join.member.id);
    if (previous === undefined && room.size >= limits.roomMembers) {
      this.#refuse(
        'room-full',
        `The room is full: it has ${limits.roomMembers} members. Close some tabs of this cluster.`,
      );
      return;
    }
    clearTimeout(this.#joinTimer);
    const seat = new ConnectionSeat(this, join.member);
    this.#state = { kind: 'member', room, name: join.room, seat };
    // The new connection takes the seat before the old one ends. Thus no member is told of a departure.
    room.add(seat);
    this.#context.joined();
    if (previous instanceof ConnectionSeat) previous.giveUp();
    const neighbours = room.introduce(join.member.id, limits.introducedNeighbours, Math.random);
    this.send({ kind: 'welcome', neighbours, iceServers });
    logger.debug({ room: shorten(join.room), member: shorten(join.member.id), size: room.size }, 'joined');
  }

  /** Ends this connection because a newer connection of the same member has taken its seat. */
  replaced(): void {
    this.#refuse('replaced', 'A newer connection joined as the same member.');
  }

  #carry(to: MemberId, sealed: Uint8Array): void {
    if (this.#state.kind !== 'member') {
      this.#refuse('not-joined', 'Join a room first.');
      return;
    }
    const receiver = this.#state.room.find(to);
    if (receiver === undefined) {
      this.send({ kind: 'refused', code: 'unknown-member', message: 'This member is not in the room.', member: to });
      return;
    }
    receiver.send({ kind: 'forwarded', from: this.#state.seat.member.id, sealed });
  }

  #refuse(code: RendezvousRefusal, message: string): void {
    this.#context.logger.debug({ code }, 'refused');
    this.send({ kind: 'refused', code, message, member: undefined });
    this.#socket.close(code === 'shutting-down' ? CLOSE_GOING_AWAY : CLOSE_POLICY, code);
    if (this.#leave()) this.#context.left();
    // If the client does not answer the close handshake, the server ends the connection.
    setTimeout(() => this.#socket.terminate(), this.#context.intervals.closeMs).unref();
  }

  /** Leaves the room. Returns whether the connection was in one. */
  #leave(): boolean {
    clearTimeout(this.#joinTimer);
    const state = this.#state;
    this.#state = { kind: 'ended' };
    if (state.kind !== 'member') return false;
    state.room.remove(state.seat);
    this.#context.rooms.tidy(state.name);
    this.#context.logger.debug({ room: shorten(state.name), member: shorten(state.seat.member.id) }, 'left');
    return true;
  }

  #end(): void {
    this.#leave();
    this.#context.ended();
  }
}

class ConnectionSeat implements Seat {
  readonly member: RoomMember;
  readonly #connection: MemberConnection;

  constructor(connection: MemberConnection, member: RoomMember) {
    this.#connection = connection;
    this.member = member;
  }

  send(message: ServerMessage): void {
    this.#connection.send(message);
  }

  giveUp(): void {
    this.#connection.replaced();
  }
}

function refusalFor(error: unknown): [RendezvousRefusal, string] {
  if (error instanceof ShardbearerError) {
    if (error.code === 'FRAME_TOO_LARGE') return ['too-large', error.message];
    if (error.code === 'VERSION_UNSUPPORTED') {
      return ['version-unsupported', `This server speaks version ${RENDEZVOUS_VERSION}. Reload the page.`];
    }
  }
  return ['malformed', 'The message is malformed.'];
}

const shorten = (text: string): string => text.slice(0, 6);
