/**
 * Replaces voters that are gone, while this radiant leads their order. Every replica counts silence all the time, so a
 * new herald goes on from what it observed before its election. Its own blindness is nobody else's silence (design,
 * rule 9): a gap in local time voids the count, and while it hears no quorum the count stands still.
 */
import type { Observations } from '../../cluster/replacement.ts';
import { replacementTarget } from '../../cluster/replacement.ts';
import type { Participant } from '../../wire/configuration/configuration.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { Roster } from '../../wire/configuration/roster.ts';
import type { MemberLiveness } from '../neighbours/member-liveness.ts';
import type { Clock } from '../clock.ts';
import type { ClusterTopology } from '../neighbours/cluster-topology.ts';
import type { LocalOrder } from '../orders/local-order.ts';
import type { Peer, Peers } from '../neighbours/peers.ts';
import type { RetiredIdentities } from '../neighbours/retired-identities.ts';

interface ReplacementsOptions {
  readonly clock: Clock;
  readonly peers: Peers;
  readonly memberLiveness: MemberLiveness;
  readonly retired: RetiredIdentities;
  readonly orders: ReadonlyMap<OrderId, LocalOrder>;
  readonly topology: ClusterTopology;
}

/** Since when each radiant has been there, or away, without a break. */
interface Sightings {
  readonly presentMs: Map<RadiantId, number>;
  readonly silentMs: Map<RadiantId, number>;
}

export class Replacements {
  readonly #options: ReplacementsOptions;
  readonly #sightings = new Map<OrderId, Sightings>();
  #lookedMs: number;

  constructor(options: ReplacementsOptions) {
    this.#options = options;
    this.#lookedMs = options.clock.nowMs;
  }

  /** This radiant stood still: all that it has counted says nothing. */
  onClockGap(): void {
    this.#sightings.clear();
  }

  reconcile(): void {
    const { nowMs } = this.#options.clock;
    const passedMs = nowMs - this.#lookedMs;
    if (passedMs < this.#options.clock.times.liveness.presenceMs) return;
    this.#lookedMs = nowMs;
    const byOrder = this.#options.orders;
    for (const order of this.#sightings.keys()) if (!byOrder.has(order)) this.#sightings.delete(order);
    for (const [order, group] of byOrder) this.#observe(order, group, passedMs);
  }

  #observe(order: OrderId, group: LocalOrder, passedMs: number): void {
    const sightings: Sightings = this.#sightings.get(order) ?? { presentMs: new Map(), silentMs: new Map() };
    this.#sightings.set(order, sightings);
    const { roster } = group.replica.state;
    const hasQuorum = this.#options.topology.missingQuorumOf(order) === undefined;
    if (!hasQuorum) this.#shortenSilence(sightings, passedMs);
    this.#countSilence(sightings, order, roster);
    this.#countPresence(sightings);
    if (!hasQuorum || group.replica.termAsLeader() === undefined) return;
    const target = replacementTarget(roster, this.#observations(sightings, group));
    if (target !== undefined) group.target(target);
  }

  #shortenSilence({ silentMs }: Sightings, byMs: number): void {
    const { nowMs } = this.#options.clock;
    for (const [radiant, sinceMs] of silentMs) silentMs.set(radiant, Math.min(nowMs, sinceMs + byMs));
  }

  #countSilence({ silentMs }: Sightings, order: OrderId, { members }: Roster): void {
    const silent = members
      .filter((member) => !this.#options.memberLiveness.isHere(order, member))
      .map(({ radiant }) => radiant);
    this.#count(silentMs, new Set(silent));
  }

  #countPresence({ presentMs }: Sightings): void {
    this.#count(presentMs, new Set(this.#candidates().map(({ radiant }) => radiant)));
  }

  #count(sinceMs: Map<RadiantId, number>, now: ReadonlySet<RadiantId>): void {
    for (const radiant of sinceMs.keys()) if (!now.has(radiant)) sinceMs.delete(radiant);
    for (const radiant of now) if (!sinceMs.has(radiant)) sinceMs.set(radiant, this.#options.clock.nowMs);
  }

  #observations({ presentMs, silentMs }: Sightings, group: LocalOrder): Observations {
    const { clock, retired } = this.#options;
    const lengthMs = (sinceMs: number | undefined) => (sinceMs === undefined ? 0 : clock.nowMs - sinceMs);
    return {
      voter: (radiant) => ({
        votes: group.memberList().members.some((member) => member.radiant === radiant && member.voter),
        silentMs: lengthMs(silentMs.get(radiant)),
        isRetired: retired.has(radiant),
      }),
      present: this.#candidates()
        .filter(({ radiant }) => lengthMs(presentMs.get(radiant)) >= clock.times.membership.candidatePresenceMs)
        .flatMap(({ radiant, presence }): readonly Participant[] =>
          presence === undefined ? [] : [{ radiant, device: presence.device }],
        ),
    };
  }

  /** Linked with this radiant: whoever takes part in an order talks to its herald a lot. */
  #candidates(): readonly Peer[] {
    const { peers, retired } = this.#options;
    return peers.livePeers().filter(({ radiant, presence, behind, foreign }) => {
      if (presence === undefined || behind || foreign || retired.has(radiant)) return false;
      const canFlush = presence.durable && !presence.diskFull;
      return canFlush && !presence.clientOnly && peers.linkTo(radiant) !== undefined;
    });
  }
}
