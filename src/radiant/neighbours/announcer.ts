/** Announces this radiant's presence to all neighbours, periodically and after changes. */
import type { SeenReplicas } from '../../cluster/seen-replicas.ts';
import type { Membership, Presence } from '../../wire/frames/frame.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Clock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { KnownMembers } from './known-members.ts';
import type { PresenceTracker } from './presence-tracker.ts';
import type { Link, Peers } from './peers.ts';
import type { RetiredIdentities } from './retired-identities.ts';
import type { OutgoingFrame, Router } from './router.ts';
import type { Identity } from '../identity.ts';

export class Announcer {
  readonly #identity: Identity;
  readonly #clock: Clock;
  readonly #peers: Peers;
  readonly #router: Router;
  readonly #seen: SeenReplicas;
  readonly #configuration: ConfigurationHolder;
  readonly #members: KnownMembers;
  readonly #retired: RetiredIdentities;
  readonly #presenceTracker: PresenceTracker;
  readonly #isFounder: boolean;
  readonly #memberships: () => readonly Membership[];
  readonly #isDiskFull: () => boolean;
  #lastMs = Number.NEGATIVE_INFINITY;
  #isDue = true;

  constructor(options: {
    readonly identity: Identity;
    readonly clock: Clock;
    readonly peers: Peers;
    readonly router: Router;
    readonly seen: SeenReplicas;
    readonly configuration: ConfigurationHolder;
    readonly members: KnownMembers;
    readonly retired: RetiredIdentities;
    readonly presenceTracker: PresenceTracker;
    readonly isFounder: boolean;
    readonly memberships: () => readonly Membership[];
    readonly isDiskFull: () => boolean;
  }) {
    this.#identity = options.identity;
    this.#clock = options.clock;
    this.#peers = options.peers;
    this.#router = options.router;
    this.#seen = options.seen;
    this.#configuration = options.configuration;
    this.#members = options.members;
    this.#retired = options.retired;
    this.#presenceTracker = options.presenceTracker;
    this.#isFounder = options.isFounder;
    this.#memberships = options.memberships;
    this.#isDiskFull = options.isDiskFull;
  }

  /** Makes this radiant announce its presence after the current event. */
  changed(): void {
    this.#isDue = true;
  }

  /** Makes the presence due once per presence interval. */
  tick(): void {
    if (this.#clock.nowMs - this.#lastMs >= this.#clock.times.liveness.presenceMs) this.#isDue = true;
  }

  /** Sends the first frame on a link. */
  greet(link: Link): void {
    this.#router.sendOver(link, this.#frameFor(link.neighbour.radiant, this.#presence()));
  }

  tell(radiant: RadiantId): void {
    this.#router.send(this.#frameFor(radiant, this.#presence()));
  }

  /**
   * Announces the presence if it is due.
   * @returns whether the presence was announced
   */
  announceIfDue(): boolean {
    if (!this.#isDue) return false;
    this.#isDue = false;
    this.#lastMs = this.#clock.nowMs;
    const presence = this.#presence();
    this.#router.sendToAll(this.#ways(presence.memberships.length > 0), { kind: 'presence', presence });
    return true;
  }

  /**
   * The links over which the presence is sent, by receiver. Members of orders without a link are reached by relays,
   * because members must know each other's presence.
   */
  *#ways(isMember: boolean): Generator<readonly [RadiantId, Link]> {
    for (const link of this.#peers.links()) yield [link.neighbour.radiant, link];
    if (!isMember) return;
    for (const radiant of this.#members.radiants()) {
      if (radiant === this.#identity.radiant || this.#peers.linkTo(radiant) !== undefined) continue;
      const relay = this.#router.wayTo(radiant);
      if (relay !== undefined) yield [radiant, relay];
    }
  }

  #frameFor(receiver: RadiantId, presence: Presence): OutgoingFrame {
    const body = { kind: 'presence', presence } as const;
    return { receiver, receiverBoot: undefined, group: undefined, urgency: 'urgent', body };
  }

  #presence(): Presence {
    const neighbours = this.#peers.livePeers().filter(({ radiant }) => this.#peers.linkTo(radiant) !== undefined);
    return {
      device: this.#identity.device,
      durable: this.#identity.durable,
      diskFull: this.#isDiskFull(),
      founder: this.#isFounder,
      clientOnly: this.#identity.clientOnly,
      startCounter: this.#identity.startCounter,
      configurationNumber: this.#configuration.number,
      configurationDigest: this.#configuration.digest,
      memberships: this.#memberships(),
      members: this.#members.lists(),
      seen: this.#configuration
        .groups()
        .flatMap(({ id }) => this.#seen.ofGroup(id))
        .slice(0, LIMITS.liveness.sightings),
      neighbours: neighbours.slice(0, LIMITS.links.neighbours).map(({ radiant }) => radiant),
      retired: this.#retired.among(this.#members.radiants()),
      absences: this.#presenceTracker.absences(),
    };
  }
}
