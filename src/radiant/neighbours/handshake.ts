/**
 * Compares the memory of a boot with the sightings of others (design, rule 2). A boot of this radiant that has lost
 * data never votes. A peer that has lost data does not count as a voter.
 */
import { memberOfRadiant } from '../../cluster/configuration.ts';
import { isOut, listedReplica } from '../../cluster/member-list.ts';
import { type SeenReplicas, hasLost } from '../../cluster/seen-replicas.ts';
import type { Membership, Position, SeenReplica } from '../../wire/frames/frame.ts';
import type { CreationRecord } from '../../wire/configuration/configuration.ts';
import type { OrderId, ReplicaId } from '../../wire/identifiers.ts';
import type { Changes } from '../changes.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { KnownMembers } from './known-members.ts';
import type { Peer, Peers } from './peers.ts';
import type { ReplicaDirectory } from './replica-directory.ts';
import type { Identity } from '../identity.ts';

interface OwnReplica {
  readonly replica: ReplicaId;
  /** The position at the start of this boot. Undefined if the boot knew no data of the replica. */
  readonly atStart: Position | undefined;
}

export class Handshake {
  readonly #identity: Identity;
  readonly #changes: Changes;
  readonly #peers: Peers;
  readonly #seen: SeenReplicas;
  readonly #configuration: ConfigurationHolder;
  readonly #members: KnownMembers;
  readonly #replicas: ReplicaDirectory;
  readonly #onLost: (why: string) => void;
  /** Cache of partners by order and replica, valid until the next change. Every message needs a partner. */
  readonly #partners = new Map<OrderId, Map<ReplicaId, Peer>>();
  #partnersCount = -1;

  constructor(options: {
    readonly identity: Identity;
    readonly changes: Changes;
    readonly peers: Peers;
    readonly seen: SeenReplicas;
    readonly configuration: ConfigurationHolder;
    readonly members: KnownMembers;
    readonly replicas: ReplicaDirectory;
    readonly onLost: (why: string) => void;
  }) {
    this.#identity = options.identity;
    this.#changes = options.changes;
    this.#peers = options.peers;
    this.#seen = options.seen;
    this.#configuration = options.configuration;
    this.#members = options.members;
    this.#replicas = options.replicas;
    this.#onLost = options.onLost;
  }

  /**
   * Takes a peer's claims about itself and others.
   * @returns whether they prove that the peer has lost data, so that it should be told
   */
  examine(peer: Peer): boolean {
    const { presence } = peer;
    if (presence === undefined) return false;
    const isAhead = !peer.foreign && presence.configurationNumber > this.#configuration.number;
    for (const sighting of presence.seen) this.#hear(sighting, isAhead);
    const wasBehind = peer.behind;
    for (const membership of presence.memberships) this.#meet(peer, presence.startCounter, membership, isAhead);
    return peer.behind && !wasBehind;
  }

  /** Whether another radiant saw an earlier boot run this replica, which this boot does not remember. */
  wasHereBefore(order: OrderId, replica: ReplicaId): boolean {
    return this.#seen.provesLoss(order, replica, { ...this.#identity, atStart: undefined });
  }

  /** The peer that runs a replica, if that boot may take part in consensus. */
  partner(group: OrderId, replica: ReplicaId): Peer | undefined {
    if (this.#partnersCount !== this.#changes.count) {
      this.#partners.clear();
      this.#partnersCount = this.#changes.count;
    }
    return this.#partners.get(group)?.get(replica) ?? this.#findPartner(group, replica);
  }

  #findPartner(group: OrderId, replica: ReplicaId): Peer | undefined {
    const radiant = this.#members.radiantOf(group, replica);
    const peer = radiant === undefined ? undefined : this.#peers.peer(radiant);
    if (peer === undefined || peer.behind || peer.departed) return undefined;
    if (!this.#members.takesPart(peer.radiant, group, replica)) return undefined;
    const partners = this.#partners.get(group);
    if (partners === undefined) this.#partners.set(group, new Map([[replica, peer]]));
    else partners.set(replica, peer);
    return peer;
  }

  /** Notes the flushed position in a partner's message. */
  noteFlushed(peer: Peer, group: OrderId, replica: ReplicaId, position: Position): void {
    const startCounter = peer.presence?.startCounter;
    if (startCounter === undefined) return;
    this.#seen.note({ group, replica, boot: peer.boot, startCounter, position });
  }

  #hear(sighting: SeenReplica, isAhead: boolean): void {
    const order = this.#configuration.group(sighting.group);
    const own = order === undefined ? undefined : this.#ownReplica(order);
    if (own?.replica === sighting.replica) {
      const beginning = { ...this.#identity, atStart: own.atStart };
      if (hasLost(beginning, sighting)) {
        this.#onLost(`Peers saw start ${sighting.startCounter} of this radiant flush more than its database holds.`);
      }
      return;
    }
    if (order === undefined && !this.#mayConcernUs(isAhead)) return;
    // A removed replica never votes again, so its flushed position does not matter.
    if (order !== undefined && isOut(this.#members.of(order), sighting.replica)) return;
    this.#seen.note(sighting);
  }

  /** Whether a sighting of an unknown order may matter, because the order may belong to a later configuration. */
  #mayConcernUs(isAhead: boolean): boolean {
    return isAhead || this.#configuration.current === undefined;
  }

  /**
   * This radiant's replica in the order. A first voter without records counts as a replica that lost them, unless it
   * was removed.
   */
  #ownReplica(order: CreationRecord): OwnReplica | undefined {
    const own = this.#replicas.get(order.id);
    if (own !== undefined) return own.membership();
    if (this.#members.leftAs(order.id) !== undefined) return undefined;
    const born = memberOfRadiant(order, this.#identity.radiant);
    if (born === undefined || isOut(this.#members.of(order), born.replica)) return undefined;
    return { replica: born.replica, atStart: undefined };
  }

  #meet(peer: Peer, startCounter: number, membership: Membership, isAhead: boolean): void {
    const { group, replica, atStart, now } = membership;
    const order = this.#configuration.group(group);
    if (order === undefined && !this.#mayConcernUs(isAhead)) return;
    const list = order === undefined ? undefined : this.#members.of(order);
    if (list !== undefined && isOut(list, replica)) return;
    const listed = list === undefined ? undefined : listedReplica(list, replica);
    if (listed !== undefined && listed.radiant !== peer.radiant) return;
    if (this.#seen.provesLoss(group, replica, { boot: peer.boot, startCounter, atStart })) {
      peer.behind = true;
      return;
    }
    this.#seen.note({ group, replica, boot: peer.boot, startCounter, position: now });
  }
}
