/**
 * Measures how long each radiant has been present or absent (design, rule 9). Every replica of the bondsmith's order
 * measures it and tells its neighbours, so a new bondsmith continues the measurement. A clock gap voids the
 * measurement. Without a quorum the measurement pauses, because this radiant may be the one that is cut off.
 */
import { participantsOf } from '../../cluster/configuration.ts';
import type { RadiantPresence } from '../../cluster/cluster-facts.ts';
import type { Configuration, Participant } from '../../wire/configuration/configuration.ts';
import type { Absence } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Clock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { Identity } from '../identity.ts';
import type { KnownMembers } from './known-members.ts';
import type { ClusterTopology } from './cluster-topology.ts';
import type { Peers } from './peers.ts';
import type { RetiredIdentities } from './retired-identities.ts';

interface PresenceTrackerOptions {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly members: KnownMembers;
  readonly topology: ClusterTopology;
  readonly retired: RetiredIdentities;
  readonly configuration: Pick<ConfigurationHolder, 'current' | 'bondsmith'>;
  readonly replicas: { has(order: OrderId): boolean };
}

interface Sighting {
  readonly kind: RadiantPresence['kind'];
  readonly sinceMs: number;
  /**
   * Whether this radiant observed the beginning of the absence. Otherwise the absence may have begun earlier, and
   * neighbours may know when.
   */
  readonly isBeginKnown: boolean;
}

export class PresenceTracker {
  readonly #options: PresenceTrackerOptions;
  readonly #sightings = new Map<RadiantId, Sighting>();
  #restartedMs = Number.NEGATIVE_INFINITY;
  /** Whether a clock gap was recent at the last tick. */
  #isQuiet = false;
  #lookedMs: number;

  constructor(options: PresenceTrackerOptions) {
    this.#options = options;
    this.#lookedMs = options.clock.nowMs;
  }

  /** Voids the measurement after a clock gap. */
  restart(): void {
    this.#sightings.clear();
    this.#restartedMs = this.#options.clock.nowMs;
    this.#isQuiet = true;
  }

  /**
   * Whether a clock gap was so recent that no decision may be made. A peer may have died during the gap, and queued
   * messages are as old as the gap.
   */
  get isRestarting(): boolean {
    return this.#isQuiet && this.#options.peers.livePeers().length > 0;
  }

  /** Observes every radiant once per presence interval. Call this in every tick. */
  tick(): void {
    const { clock, configuration, replicas } = this.#options;
    const { bondsmith, current } = configuration;
    this.#isQuiet = clock.nowMs - this.#restartedMs < clock.times.liveness.gapQuietMs;
    if (bondsmith === undefined || current === undefined || !replicas.has(bondsmith.id)) {
      this.#sightings.clear();
      return;
    }
    const passedMs = clock.nowMs - this.#lookedMs;
    if (passedMs < clock.times.liveness.presenceMs) return;
    this.#lookedMs = clock.nowMs;
    if (this.#options.topology.missingQuorum(bondsmith) !== undefined) this.#shortenAbsences(passedMs);
    const everyone = this.everyone(current);
    for (const radiant of this.#sightings.keys()) if (!everyone.has(radiant)) this.#sightings.delete(radiant);
    for (const radiant of everyone.keys()) this.presenceOf(radiant);
  }

  /** Members of the configuration and of the bondsmith's order, and peers that may become members. */
  everyone(configuration: Configuration): ReadonlyMap<RadiantId, Participant> {
    const { identity, peers, members } = this.#options;
    const everyone = new Map<RadiantId, Participant>();
    const add = ({ radiant, device }: Participant) => everyone.set(radiant, { radiant, device });
    for (const { radiant, presence, foreign } of peers.livePeers()) {
      if (presence !== undefined && !presence.clientOnly && !foreign) add({ radiant, device: presence.device });
    }
    const { bondsmith } = configuration;
    if (bondsmith !== undefined) members.of(bondsmith).members.forEach(add);
    participantsOf(configuration).forEach(add);
    add(identity);
    return everyone;
  }

  presenceOf(radiant: RadiantId): RadiantPresence {
    const { nowMs } = this.#options.clock;
    const kind = this.#options.retired.has(radiant) ? 'retired' : this.#standingOf(radiant);
    const begun = this.#begun(this.#sightings.get(radiant), kind);
    const mayBeOlder = isAway(kind) && !begun.isBeginKnown;
    const sighting = mayBeOlder ? { ...begun, sinceMs: Math.min(begun.sinceMs, this.#toldSinceMs(radiant)) } : begun;
    this.#sightings.set(radiant, sighting);
    return { kind, forMs: nowMs - sighting.sinceMs };
  }

  /** The absent radiants, for the neighbours. */
  absences(): readonly Absence[] {
    const { nowMs } = this.#options.clock;
    return [...this.#sightings]
      .filter(([, { kind }]) => isAway(kind))
      .map(([radiant, { sinceMs }]) => ({ radiant, forMs: Math.max(0, Math.floor(nowMs - sinceMs)) }))
      .slice(0, LIMITS.liveness.absences);
  }

  #begun(known: Sighting | undefined, kind: Sighting['kind']): Sighting {
    if (known?.kind === kind) return known;
    // A late or forgotten goodbye does not end an absence.
    if (known !== undefined && isAway(known.kind) && isAway(kind)) return { ...known, kind };
    return { kind, sinceMs: this.#options.clock.nowMs, isBeginKnown: known !== undefined };
  }

  /**
   * The current presence of a radiant. A radiant that has lost its data is absent even if it is heard, because it
   * returns as another identity.
   */
  #standingOf(radiant: RadiantId): 'present' | 'silent' | 'departed' {
    const { identity, peers, topology } = this.#options;
    if (radiant === identity.radiant) return 'present';
    const peer = peers.peer(radiant);
    const isCounted = peer === undefined || (!peer.behind && !peer.foreign);
    if (isCounted && topology.isReachable(radiant)) return 'present';
    return peer?.departed === true ? 'departed' : 'silent';
  }

  /** The earliest beginning of an absence that live neighbours reported after this radiant's last clock gap. */
  #toldSinceMs(radiant: RadiantId): number {
    let sinceMs = Number.POSITIVE_INFINITY;
    const { gapQuietMs } = this.#options.clock.times.liveness;
    for (const { presence, presentMs, behind, foreign } of this.#options.peers.livePeers()) {
      if (behind || foreign || presentMs - this.#restartedMs < gapQuietMs) continue;
      const absence = presence?.absences.find((told) => told.radiant === radiant);
      if (absence !== undefined) sinceMs = Math.min(sinceMs, presentMs - absence.forMs);
    }
    return sinceMs;
  }

  #shortenAbsences(byMs: number): void {
    const { nowMs } = this.#options.clock;
    for (const [radiant, sighting] of this.#sightings) {
      if (!isAway(sighting.kind)) continue;
      this.#sightings.set(radiant, { ...sighting, sinceMs: Math.min(nowMs, sighting.sinceMs + byMs) });
    }
  }
}

function isAway(kind: Sighting['kind']): boolean {
  return kind === 'silent' || kind === 'departed';
}
