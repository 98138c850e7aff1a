import { type ErrorCode, ShardbearerError } from '../wire/errors.ts';
import type { RadiantId, RoomName } from '../wire/identifiers.ts';
import { TIMES } from '../wire/times.ts';
import { platformError } from '../wire/platform-error.ts';
import {
  type IceServer,
  type MemberMessage,
  RENDEZVOUS_VERSION,
  type RendezvousRefusal,
  type RoomMember,
  type ServerMessage,
} from '../wire/rendezvous.ts';
import { decodeServerMessage, encodeMemberMessage } from '../wire/rendezvous-codec.ts';
import { Backoff } from './backoff.ts';
import type { SignalingState } from './contract.ts';
import type { ScheduledTask, Scheduler } from './scheduler.ts';

export interface WebSocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  send(data: ArrayBufferView<ArrayBuffer>): void;
  close(): void;
}

interface SignalingListener {
  state(state: SignalingState): void;
  welcome(neighbours: readonly RoomMember[], iceServers: readonly IceServer[]): void;
  signal(from: RadiantId, sealed: Uint8Array): void;
  /** Called when a member has left the room. Also called after a signal to a member that is not in the room. */
  absent(member: RadiantId): void;
  problem(error: ShardbearerError): void;
}

interface SignalingClientOptions {
  readonly url: string;
  readonly room: RoomName;
  readonly member: RoomMember;
  readonly openSocket: (url: string) => WebSocketLike;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  readonly listener: SignalingListener;
}

/** For each refusal that a retry does not change, the error that users see. The client stops after such a refusal. */
const FINAL_REFUSALS: Partial<Record<RendezvousRefusal, readonly [ErrorCode, string]>> = {
  'version-unsupported': ['VERSION_UNSUPPORTED', 'The signaling server has another version. Reload this page.'],
  replaced: ['IDENTITY_TAKEN', 'Another tab joined the signaling room as the same radiant.'],
};

/** For each refusal that a later retry may change, the error that users see. */
const PASSING_REFUSALS: Partial<Record<RendezvousRefusal, readonly [ErrorCode, string]>> = {
  'room-full': ['ROOM_FULL', 'The signaling room is full. Close other tabs of this cluster.'],
  'no-room-left': ['ROOM_FULL', 'The signaling server has no room for another cluster. Try again later.'],
};

/** Consecutive failed connections after which the server counts as unreachable. A single failure is common. */
const FAILURES_UNTIL_UNREACHABLE = 2;

/** Keeps one radiant a member of its signaling room. The client joins again after each loss of the connection. */
export class SignalingClient {
  readonly #options: SignalingClientOptions;
  readonly #backoff: Backoff;
  #socket: WebSocketLike | undefined;
  #state: SignalingState | undefined;
  #joined = false;
  #stopped = false;
  #retry: ScheduledTask | undefined;
  #watch: ScheduledTask | undefined;
  #pingNumber = 0;
  /**
   * The reason why the browser refused to connect. The address is malformed, or a secure page names an insecure
   * address.
   */
  #refusal: ShardbearerError | undefined;

  constructor(options: SignalingClientOptions) {
    this.#options = options;
    const { signalingRetryMs, signalingRetryMaximumMs } = TIMES.signaling;
    this.#backoff = new Backoff(signalingRetryMs, signalingRetryMaximumMs, options.random);
  }

  get isJoined(): boolean {
    return this.#joined;
  }

  start(): void {
    this.#enter('connecting');
    this.#connect();
  }

  /**
   * Sends a signal to another member.
   * @returns false if the client has not joined the room
   */
  signal(to: RadiantId, sealed: Uint8Array): boolean {
    if (!this.#joined) return false;
    this.#send({ kind: 'signal', to, sealed });
    return true;
  }

  /**
   * Leaves the room and joins it again, so that the server introduces the current members. Does nothing while a join is
   * pending.
   */
  rejoin(): void {
    if (!this.#joined) return;
    this.#drop();
    this.#connect();
  }

  close(): void {
    this.#stopped = true;
    this.#drop();
    this.#retry?.cancel();
  }

  #connect(): void {
    let socket: WebSocketLike;
    try {
      socket = this.#options.openSocket(this.#options.url);
    } catch (error) {
      this.#refusal = platformError('new WebSocket', error);
      this.#fail();
      return;
    }
    this.#refusal = undefined;
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      const { room, member } = this.#options;
      this.#send({ kind: 'join', version: RENDEZVOUS_VERSION, room, member });
    };
    socket.onmessage = ({ data }: { readonly data: unknown }) => this.#receive(data);
    socket.onclose = () => this.#fail();
    // `onclose` follows every error.
    socket.onerror = () => undefined;
    this.#expectAnswer();
  }

  #receive(data: unknown): void {
    let message: ServerMessage;
    try {
      message = decodeServerMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array());
    } catch {
      this.#fail();
      return;
    }
    this.#handle(message);
  }

  #handle(message: ServerMessage): void {
    const { listener } = this.#options;
    switch (message.kind) {
      case 'welcome':
        this.#joined = true;
        this.#backoff.reset();
        this.#enter('connected');
        this.#pingLater();
        listener.welcome(message.neighbours, message.iceServers);
        return;
      case 'forwarded':
        listener.signal(message.from, message.sealed);
        return;
      case 'member-left':
        listener.absent(message.member);
        return;
      case 'pong':
        this.#pingLater();
        return;
      case 'refused':
        if (message.code === 'unknown-member' && message.member !== undefined) listener.absent(message.member);
        else this.#handleRefusal(message.code);
    }
  }

  #handleRefusal(code: RendezvousRefusal): void {
    const final = FINAL_REFUSALS[code];
    const passing = PASSING_REFUSALS[code];
    const told = final ?? passing;
    if (told === undefined) return;
    this.#enter('refused');
    this.#options.listener.problem(new ShardbearerError(...told));
    if (final !== undefined) this.close();
  }

  #pingLater(): void {
    this.#watch?.cancel();
    this.#watch = this.#options.scheduler.after(TIMES.signaling.signalingPingMs, () => {
      this.#pingNumber = (this.#pingNumber + 1) >>> 0;
      this.#send({ kind: 'ping', number: this.#pingNumber });
      this.#expectAnswer();
    });
  }

  #expectAnswer(): void {
    this.#watch?.cancel();
    this.#watch = this.#options.scheduler.after(TIMES.signaling.signalingAnswerMs, () => this.#fail());
  }

  #send(message: MemberMessage): void {
    try {
      this.#socket?.send(new Uint8Array(encodeMemberMessage(message)));
    } catch {
      // The socket is closing, and `onclose` reports its end.
    }
  }

  #fail(): void {
    this.#drop();
    if (this.#stopped) return;
    const delayMs = this.#backoff.nextDelayMs();
    // The state stays `refused` until the server accepts this radiant.
    if (this.#state !== 'refused') {
      this.#enter(this.#backoff.failures >= FAILURES_UNTIL_UNREACHABLE ? 'unreachable' : 'connecting');
    }
    this.#retry = this.#options.scheduler.after(delayMs, () => {
      this.#retry = undefined;
      this.#connect();
    });
  }

  #drop(): void {
    this.#watch?.cancel();
    this.#joined = false;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    // A socket that is closed while it connects still reports an error, which has no further consequence.
    socket.onerror = () => undefined;
    socket.close();
  }

  #enter(state: SignalingState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.listener.state(state);
    if (state === 'unreachable') {
      if (this.#refusal !== undefined) {
        this.#options.listener.problem(this.#refusal);
        return;
      }
      const message = `The signaling server at ${this.#options.url} does not answer. Linked tabs keep working; new tabs find no neighbours.`;
      this.#options.listener.problem(new ShardbearerError('SIGNALING_UNREACHABLE', message));
    }
  }
}
