import { ShardbearerError } from '../../wire/errors.ts';
import type { Greeting } from '../../wire/links/greeting.ts';
import {
  asLinkId,
  type BootId,
  type ClusterId,
  hexFromBytes,
  ID_BYTES,
  type LinkId,
  type RadiantId,
} from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { TIMES } from '../../wire/times.ts';
import type { IceServer, MemberKind, RoomMember } from '../../wire/rendezvous.ts';
import { PROTOCOL_VERSION_MAXIMUM, PROTOCOL_VERSION_MINIMUM } from '../../wire/versions.ts';
import type { Neighbour, SignalingState, Transport, TransportEvent, Urgency } from '../contract.ts';
import { Backoff } from '../backoff.ts';
import { EventOutlet } from '../event-outlet.ts';
import type { Link, LinkReceiver } from '../link.ts';
import type { PeerFactory } from '../peer-factory.ts';
import { hostScheduler, type ScheduledTask, type Scheduler } from '../scheduler.ts';
import type { ClusterKeys } from '../secrets.ts';
import { SignalingClient, type WebSocketLike } from '../signaling-client.ts';
import { Connection, type ConnectionListener } from './connection.ts';
import { type Neighbourhood, RemoteRadiant } from './remote-radiant.ts';
import { SignalCourier, type SignalWay } from './signal-courier.ts';
import type { AttemptId, SignalMessage } from './signal-message.ts';

interface WebRtcTransportOptions {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  /** Name of the build, for display. */
  readonly build: string;
  /** The keys that are derived from the cluster's secret. */
  readonly keys: ClusterKeys;
  /** WebSocket address of the signaling server. */
  readonly signalingUrl: string;
  /** The factory of connections, which is the worker's `PeerPort`. */
  readonly peers: PeerFactory;
  /**
   * Kind of this member of the signaling room. The server introduces a `client` to no other member. Default: `radiant`.
   */
  readonly kind?: MemberKind;
  /** ICE servers in addition to those that the signaling server provides. Default: none. */
  readonly iceServers?: readonly IceServer[];
  /** Whether a radiant has a link within this worker, and is never dialled. Default: no radiant. */
  readonly isLocal?: (radiant: RadiantId) => boolean;
  readonly scheduler?: Scheduler;
  /** Returns a number in [0, 1), uniformly distributed. */
  readonly random?: () => number;
  readonly randomBytes?: (length: number) => Uint8Array;
  readonly openSocket?: (url: string) => WebSocketLike;
}

export class WebRtcTransport implements Transport {
  readonly #options: WebRtcTransportOptions;
  readonly #scheduler: Scheduler;
  readonly #randomBytes: (length: number) => Uint8Array;
  readonly #outlet = new EventOutlet();
  readonly #signaling: SignalingClient;
  readonly #courier: SignalCourier;
  readonly #remotes = new Map<RadiantId, RemoteRadiant>();
  readonly #links = new Map<LinkId, { readonly remote: RemoteRadiant; readonly link: Link }>();
  readonly #linkIds = new Map<RemoteRadiant, LinkId>();
  readonly #heardAttempts = new Set<AttemptId>();
  readonly #reportedProblems = new Set<string>();
  readonly #neighbourhood: Neighbourhood;
  readonly #lonelyWaits: Backoff;
  #iceServers: readonly IceServer[];
  #cluster: ClusterId | undefined;
  #lastLink = 0;
  #isClosed = false;
  #loneliness: ScheduledTask | undefined;

  constructor(options: WebRtcTransportOptions) {
    this.#options = options;
    this.#scheduler = options.scheduler ?? hostScheduler;
    this.#randomBytes = options.randomBytes ?? ((length) => crypto.getRandomValues(new Uint8Array(length)));
    this.#iceServers = options.iceServers ?? [];
    const random = options.random ?? Math.random;
    this.#lonelyWaits = new Backoff(TIMES.signaling.lonelinessMs, TIMES.signaling.lonelinessMaximumMs, random);
    this.#neighbourhood = this.#createNeighbourhood(random);
    this.#courier = new SignalCourier({
      keys: options.keys,
      self: options.radiant,
      randomBytes: this.#randomBytes,
      sealed: (to, sealed, way) => this.#dispatch(to, sealed, way),
      opened: (from, message, way) => this.#remote(from)?.hear(message, way),
      failed: (error) => this.#outlet.emit({ kind: 'problem', error }),
    });
    this.#signaling = this.#createSignaling(random);
  }

  start(listener: (event: TransportEvent) => void): void {
    this.#outlet.open(listener);
    this.#signaling.start();
    this.#waitLonely();
  }

  send(link: LinkId, bytes: Uint8Array, urgency: Urgency): void {
    try {
      this.#links.get(link)?.link.send(bytes, urgency);
    } catch (error) {
      if (!isFrameTooLarge(error)) throw error;
      this.#outlet.emit({ kind: 'problem', error });
    }
  }

  connect(radiant: RadiantId): void {
    this.#remote(radiant)?.wantAgain();
  }

  signalIn(from: RadiantId, sealed: Uint8Array): void {
    this.#courier.receive(from, sealed, 'mesh');
  }

  associate(cluster: ClusterId): void {
    this.#cluster = cluster;
  }

  disconnect(link: LinkId): void {
    this.#links.get(link)?.remote.decline();
  }

  close(): void {
    this.#isClosed = true;
    for (const remote of this.#remotes.values()) remote.leave();
    this.#remotes.clear();
    this.#links.clear();
    this.#linkIds.clear();
    this.#loneliness?.cancel();
    this.#courier.close();
    this.#signaling.close();
    this.#outlet.close();
  }

  #createSignaling(random: () => number): SignalingClient {
    const { keys, radiant, kind = 'radiant', signalingUrl } = this.#options;
    return new SignalingClient({
      url: signalingUrl,
      room: keys.room,
      member: { id: radiant, kind },
      openSocket: this.#options.openSocket ?? ((url) => new WebSocket(url)),
      scheduler: this.#scheduler,
      random,
      listener: {
        state: (state) => this.#showState(state),
        welcome: (neighbours, iceServers) => this.#meet(neighbours, iceServers),
        signal: (from, sealed) => this.#courier.receive(from, sealed, 'server'),
        absent: (member) => this.#remotes.get(member)?.leftRoom(),
        problem: (error) => this.#outlet.emit({ kind: 'problem', error }),
      },
    });
  }

  #createNeighbourhood(random: () => number): Neighbourhood {
    return {
      self: this.#options.radiant,
      boot: this.#options.boot,
      scheduler: this.#scheduler,
      random,
      newAttempt: () => hexFromBytes(this.#randomBytes(ID_BYTES)),
      connect: (remote, attempt, initiator, listener) => this.#connect(remote, attempt, initiator, listener),
      remember: (attempt) => this.#rememberAttempt(attempt),
      hasRoom: () => [...this.#remotes.values()].filter((remote) => remote.takesPlace).length < LIMITS.links.neighbours,
      send: (to, message: SignalMessage, way) => this.#courier.send(to, message, way),
      hasMesh: () => this.#links.size > 0,
      preferredWay: () => (this.#signaling.isJoined ? 'server' : 'mesh'),
      opened: (remote, neighbour, link) => this.#opened(remote, neighbour, link),
      closed: (remote, reason) => this.#closed(remote, reason),
      problem: (error) => this.#reportOnce(error),
      idle: (remote) => this.#remotes.delete(remote.radiant),
    };
  }

  #connect(remote: RadiantId, attempt: AttemptId, initiator: boolean, listener: ConnectionListener): Connection {
    return new Connection({
      attempt,
      initiator,
      remote,
      peers: this.#options.peers,
      iceServers: this.#iceServers,
      scheduler: this.#scheduler,
      greeting: () => this.#greeting(),
      listener,
    });
  }

  #greeting(): Greeting {
    const { radiant, boot, build } = this.#options;
    return {
      versionMinimum: PROTOCOL_VERSION_MINIMUM,
      versionMaximum: PROTOCOL_VERSION_MAXIMUM,
      cluster: this.#cluster,
      radiant,
      boot,
      build,
    };
  }

  /**
   * Returns the state of another radiant's connection. Returns undefined for this radiant itself and for radiants of
   * this worker.
   */
  #remote(radiant: RadiantId): RemoteRadiant | undefined {
    if (this.#isClosed || radiant === this.#options.radiant || this.#options.isLocal?.(radiant) === true)
      return undefined;
    const known = this.#remotes.get(radiant);
    if (known !== undefined) return known;
    const remote = new RemoteRadiant(radiant, this.#neighbourhood);
    this.#remotes.set(radiant, remote);
    return remote;
  }

  #meet(neighbours: readonly RoomMember[], iceServers: readonly IceServer[]): void {
    this.#iceServers = [...(this.#options.iceServers ?? []), ...iceServers];
    for (const remote of this.#remotes.values()) remote.enteredRoom();
    for (const neighbour of neighbours) this.#remote(neighbour.id)?.want();
  }

  #dispatch(to: RadiantId, sealed: Uint8Array, way: SignalWay): void {
    if (way === 'server' && this.#signaling.signal(to, sealed)) return;
    this.#outlet.emit({ kind: 'signal-out', to, sealed });
  }

  #rememberAttempt(attempt: AttemptId): boolean {
    if (this.#heardAttempts.has(attempt)) return false;
    this.#heardAttempts.add(attempt);
    if (this.#heardAttempts.size > LIMITS.links.rememberedAttempts) {
      const [oldest] = this.#heardAttempts;
      if (oldest !== undefined) this.#heardAttempts.delete(oldest);
    }
    return true;
  }

  #opened(remote: RemoteRadiant, neighbour: Neighbour, link: Link): LinkReceiver {
    const id = asLinkId(++this.#lastLink);
    this.#links.set(id, { remote, link });
    this.#linkIds.set(remote, id);
    this.#reportedProblems.clear();
    this.#outlet.emit({ kind: 'link-opened', link: id, neighbour });
    return {
      frame: (bytes) => this.#outlet.emit({ kind: 'frame', link: id, bytes }),
      roundTrip: (milliseconds) => this.#outlet.emit({ kind: 'round-trip', link: id, milliseconds }),
    };
  }

  #closed(remote: RemoteRadiant, reason: Extract<TransportEvent, { kind: 'link-closed' }>['reason']): void {
    const link = this.#linkIds.get(remote);
    if (link === undefined) return;
    this.#links.delete(link);
    this.#linkIds.delete(remote);
    this.#outlet.emit({ kind: 'link-closed', link, reason });
  }

  #showState(state: SignalingState): void {
    this.#outlet.emit({ kind: 'signaling', state });
  }

  /** Reports an error, unless one with the same message was reported since the last link opened. */
  #reportOnce(error: ShardbearerError): void {
    if (this.#reportedProblems.has(error.message)) return;
    this.#reportedProblems.add(error.message);
    this.#outlet.emit({ kind: 'problem', error });
  }

  /**
   * Joins the signaling room again at intervals while no link exists. Introductions can fail, and introduced members
   * can leave.
   */
  #waitLonely(): void {
    this.#loneliness = this.#scheduler.after(this.#lonelyWaits.nextDelayMs(), () => {
      if (this.#links.size === 0) this.#signaling.rejoin();
      else this.#lonelyWaits.reset();
      this.#waitLonely();
    });
  }
}

function isFrameTooLarge(error: unknown): error is ShardbearerError {
  return error instanceof ShardbearerError && error.code === 'FRAME_TOO_LARGE';
}
