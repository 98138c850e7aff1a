/**
 * The radiants that this one hears, with their links, their boot, and their latest presence. A peer without a link is
 * heard over a relay.
 */
import type { Neighbour } from '../../transport/contract.ts';
import type { Body, Presence } from '../../wire/frames/frame.ts';
import type { BootId, LinkId, RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Changes } from '../changes.ts';
import type { ReadableClock } from '../clock.ts';

export interface Link {
  readonly link: LinkId;
  readonly neighbour: Neighbour;
  heardMs: number;
  roundTripMs: number | undefined;
  /** The presence that arrived last over this link, and its bytes. */
  presence: { readonly bytes: Uint8Array; readonly body: Body } | undefined;
}

export interface Peer {
  readonly radiant: RadiantId;
  boot: BootId;
  /** The latest presence of this boot. Undefined before the first one. */
  presence: Presence | undefined;
  /** Time when the presence arrived. */
  presentMs: number;
  heardMs: number;
  /** Whether the peer said goodbye, so that this boot will not be heard again. */
  departed: boolean;
  departedMs: number;
  /**
   * Whether this boot has lost data that an earlier boot had flushed. Such a peer counts for nothing in consensus
   * (design, rule 2).
   */
  behind: boolean;
  /** Whether the peer belongs to another founding of this cluster. */
  foreign: boolean;
  /** Whether the peer was heard recently, by the last sweep. A frame makes the peer live at once. */
  live: boolean;
}

export class Peers {
  readonly clock: ReadableClock;
  readonly #changes: Changes;
  readonly #links = new Map<LinkId, Link>();
  readonly #peers = new Map<RadiantId, Peer>();
  /** Peers that were silent before the last sweep and were heard after it. */
  #returned: RadiantId[] = [];
  /** Cache of the live peers, valid until a peer falls silent or another one is heard. */
  #live: readonly Peer[] | undefined;

  constructor(clock: ReadableClock, changes: Changes) {
    this.clock = clock;
    this.#changes = changes;
  }

  open(link: LinkId, neighbour: Neighbour): void {
    this.#changed();
    this.#links.set(link, {
      link,
      neighbour,
      heardMs: this.clock.nowMs,
      roundTripMs: undefined,
      presence: undefined,
    });
    const peer = this.#peers.get(neighbour.radiant);
    if (peer === undefined || peer.boot !== neighbour.boot) {
      this.#peers.set(neighbour.radiant, this.#newPeer(neighbour.radiant, neighbour.boot));
    } else {
      peer.departed = false;
      peer.heardMs = this.clock.nowMs;
      peer.live = true;
    }
  }

  /**
   * Removes a closed link.
   * @returns the closed link, if it was known
   */
  close(link: LinkId): Link | undefined {
    const closed = this.#links.get(link);
    this.#links.delete(link);
    this.#changed();
    return closed;
  }

  link(link: LinkId): Link | undefined {
    return this.#links.get(link);
  }

  links(): IterableIterator<Link> {
    return this.#links.values();
  }

  /** The open link to a radiant over which a frame arrived last. */
  linkTo(radiant: RadiantId): Link | undefined {
    let best: Link | undefined;
    for (const link of this.#links.values()) {
      if (link.neighbour.radiant !== radiant) continue;
      if (best === undefined || link.heardMs >= best.heardMs) best = link;
    }
    return best;
  }

  peer(radiant: RadiantId): Peer | undefined {
    return this.#peers.get(radiant);
  }

  /** The live peers, sorted by id. */
  livePeers(): readonly Peer[] {
    this.#live ??= [...this.#peers.values()].filter(({ live }) => live).sort(byRadiant);
    return this.#live;
  }

  isLive(radiant: RadiantId): boolean {
    return this.#peers.get(radiant)?.live === true;
  }

  /** Whether the radiant is live, or a neighbour of a live peer that this radiant has a link to. */
  isReachable(radiant: RadiantId): boolean {
    const peer = this.#peers.get(radiant);
    if (peer?.live === true) return true;
    // A radiant that said goodbye may be back as a boot that only others have heard. The presence of the others counts
    // once they must have noticed the end of the old boot.
    const sinceMs =
      peer?.departed === true
        ? peer.departedMs + this.clock.times.liveness.neighbourSilenceMs
        : Number.NEGATIVE_INFINITY;
    return this.relayTo(radiant, undefined, sinceMs) !== undefined;
  }

  /**
   * A link to a neighbour of `radiant`.
   * @param sinceMs only presences since this time count
   */
  relayTo(radiant: RadiantId, except?: RadiantId, sinceMs = Number.NEGATIVE_INFINITY): Link | undefined {
    for (const peer of this.livePeers()) {
      if (peer.radiant === except || peer.radiant === radiant || peer.presentMs < sinceMs) continue;
      if (peer.presence?.neighbours.includes(radiant) !== true) continue;
      const link = this.linkTo(peer.radiant);
      if (link !== undefined) return link;
    }
    return undefined;
  }

  /** Notes a frame of this boot that arrived over a link. A boot that said goodbye stays gone. */
  heard(link: Link, radiant: RadiantId, boot: BootId): void {
    const { nowMs } = this.clock;
    if (radiant === link.neighbour.radiant) link.heardMs = nowMs;
    const peer = this.#peers.get(radiant);
    if (peer === undefined || peer.boot !== boot || peer.departed) return;
    peer.heardMs = nowMs;
    if (peer.live) return;
    peer.live = true;
    this.#returned.push(radiant);
    this.#changed();
  }

  /**
   * Takes the presence of a boot.
   * @returns the peer with its new presence; undefined if a later boot is known, or if there are too many peers
   */
  present(radiant: RadiantId, boot: BootId, presence: Presence): Peer | undefined {
    this.#changed();
    const known = this.#peers.get(radiant);
    if (known !== undefined && known.boot === boot) {
      known.presence = presence;
      known.presentMs = this.clock.nowMs;
      return known.departed ? undefined : known;
    }
    if (known?.presence !== undefined && known.presence.startCounter >= presence.startCounter) return undefined;
    if (known === undefined && this.#peers.size >= LIMITS.signaling.roomMembers) return undefined;
    const peer = this.#newPeer(radiant, boot);
    peer.presence = presence;
    this.#peers.set(radiant, peer);
    return peer;
  }

  /**
   * Notes that this boot said goodbye.
   * @returns whether it was not known to be gone
   */
  depart(radiant: RadiantId, boot: BootId): boolean {
    const peer = this.#peers.get(radiant);
    if (peer === undefined || peer.boot !== boot || peer.departed) return false;
    this.#changed();
    peer.departed = true;
    peer.departedMs = this.clock.nowMs;
    peer.live = false;
    return true;
  }

  /**
   * Notes that the last link of the peer broke. The peer counts as silent until a frame arrives over another path.
   * @returns whether it was live until now
   */
  disconnect(radiant: RadiantId): boolean {
    const peer = this.#peers.get(radiant);
    if (peer === undefined || !peer.live) return false;
    this.#changed();
    peer.heardMs = Number.NEGATIVE_INFINITY;
    peer.live = false;
    return true;
  }

  /** The peers that fell silent since the last sweep, and those that returned. */
  sweep(): { readonly silent: readonly RadiantId[]; readonly returned: readonly RadiantId[] } {
    const { nowMs, times } = this.clock;
    const silent: RadiantId[] = [];
    const returned = this.#returned.splice(0);
    for (const peer of this.#peers.values()) {
      const silenceMs = nowMs - peer.heardMs;
      if (peer.live && silenceMs >= times.liveness.neighbourSilenceMs) {
        peer.live = false;
        silent.push(peer.radiant);
      }
      const isForgotten = !peer.live && silenceMs >= times.liveness.peerMemoryMs;
      if (isForgotten && this.linkTo(peer.radiant) === undefined) {
        this.#peers.delete(peer.radiant);
        this.#changed();
      }
    }
    if (silent.length > 0) this.#changed();
    return { silent, returned };
  }

  /** Gives live peers the full time to be heard again after a clock gap. */
  onClockGap(): void {
    this.#changed();
    for (const peer of this.#peers.values()) if (peer.live) peer.heardMs = this.clock.nowMs;
    for (const link of this.#links.values()) link.heardMs = this.clock.nowMs;
  }

  #changed(): void {
    this.#live = undefined;
    this.#changes.note();
  }

  #newPeer(radiant: RadiantId, boot: BootId): Peer {
    const { nowMs } = this.clock;
    return {
      radiant,
      boot,
      presence: undefined,
      presentMs: nowMs,
      heardMs: nowMs,
      departed: false,
      departedMs: nowMs,
      behind: false,
      foreign: false,
      live: true,
    };
  }
}

function byRadiant(one: Peer, other: Peer): number {
  return one.radiant < other.radiant ? -1 : 1;
}
