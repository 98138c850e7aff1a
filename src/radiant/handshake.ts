/**
 * Rule 2 of the design: what a boot remembers is held against what others have
 * seen of it. A boot of this radiant that lost something never votes as if it
 * remembered; a peer that lost something is not counted as a voter.
 */
import { memberOfRadiant, memberOfReplica } from '../cluster/configuration.ts';
import type { SeenReplicas } from '../cluster/seen.ts';
import { hasLost } from '../cluster/seen.ts';
import type { Membership, Position, SeenReplica } from '../wire/frame.ts';
import type { OrderId, ReplicaId } from '../wire/identifiers.ts';
import type { ConfigurationHolder } from './configuration-holder.ts';
import type { Peer, Peers } from './peers.ts';
import type { Self } from './self.ts';

export class Handshake {
  readonly #self: Self;
  readonly #peers: Peers;
  readonly #seen: SeenReplicas;
  readonly #configuration: ConfigurationHolder;
  /** How this boot of an order's replica began; undefined: it knew nothing of it. */
  readonly #atStart: (order: OrderId) => Position | undefined;
  readonly #onLost: (why: string) => void;

  constructor(options: {
    readonly self: Self;
    readonly peers: Peers;
    readonly seen: SeenReplicas;
    readonly configuration: ConfigurationHolder;
    readonly atStart: (order: OrderId) => Position | undefined;
    readonly onLost: (why: string) => void;
  }) {
    this.#self = options.self;
    this.#peers = options.peers;
    this.#seen = options.seen;
    this.#configuration = options.configuration;
    this.#atStart = options.atStart;
    this.#onLost = options.onLost;
  }

  /**
   * Takes in what a peer says of itself and of others.
   * @returns whether it turned out that the peer has lost data: it should be told
   */
  examine(peer: Peer): boolean {
    const { presence } = peer;
    if (presence === undefined) return false;
    for (const sighting of presence.seen) this.#hear(sighting);
    const wasBehind = peer.behind;
    for (const membership of presence.memberships) this.#meet(peer, presence.startCounter, membership);
    return peer.behind && !wasBehind;
  }

  /** Whether any earlier boot of this radiant was seen in this place, of which this one knows nothing. */
  wasHereBefore(order: OrderId, replica: ReplicaId): boolean {
    return this.#seen.provesLoss(order, replica, { ...this.#self, atStart: undefined });
  }

  /** The peer that speaks for a replica, if this boot of it may take part in consensus. */
  partner(group: OrderId, replica: ReplicaId): Peer | undefined {
    const order = this.#configuration.order(group);
    const member = order === undefined ? undefined : memberOfReplica(order, replica);
    const peer = member === undefined ? undefined : this.#peers.peer(member.radiant);
    if (peer === undefined || peer.behind || peer.departed) return undefined;
    const takesPart = peer.presence?.memberships.some((known) => known.group === group && known.replica === replica);
    return takesPart === true ? peer : undefined;
  }

  /** A partner's message rests on what it has flushed. */
  noteFlushed(peer: Peer, group: OrderId, replica: ReplicaId, position: Position): void {
    const startCounter = peer.presence?.startCounter;
    if (startCounter === undefined) return;
    this.#seen.note({ group, replica, boot: peer.boot, startCounter, position });
  }

  #hear(sighting: SeenReplica): void {
    const order = this.#configuration.order(sighting.group);
    const own = order === undefined ? undefined : memberOfRadiant(order, this.#self.radiant);
    if (own?.replica === sighting.replica) {
      const beginning = { ...this.#self, atStart: this.#atStart(sighting.group) };
      if (hasLost(beginning, sighting)) {
        this.#onLost(`others saw start ${sighting.startCounter} of this radiant flush more than it remembers`);
      }
      return;
    }
    if (order !== undefined || this.#configuration.current === undefined) this.#seen.note(sighting);
  }

  #meet(peer: Peer, startCounter: number, membership: Membership): void {
    const { group, replica, atStart, now } = membership;
    const order = this.#configuration.order(group);
    if (order !== undefined && memberOfReplica(order, replica)?.radiant !== peer.radiant) return;
    if (order === undefined && this.#configuration.current !== undefined) return;
    if (this.#seen.provesLoss(group, replica, { boot: peer.boot, startCounter, atStart })) {
      peer.behind = true;
      return;
    }
    this.#seen.note({ group, replica, boot: peer.boot, startCounter, position: now });
  }
}
