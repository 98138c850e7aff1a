/**
 * Replaces voters that are gone, while this radiant leads their order. It counts from its own election, and
 * anew after it stood still itself: nobody is called dead who had no chance to be heard (design, rule 9).
 */
import type { Observations } from '../../cluster/replacement.ts';
import { replacementWish } from '../../cluster/replacement.ts';
import type { Participant } from '../../wire/configuration/configuration.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import { INTERVALS } from '../../wire/limits.ts';
import type { Roster } from '../../wire/configuration/roster.ts';
import type { Attendance } from './attendance.ts';
import type { Clock } from '../clock.ts';
import type { Group } from '../replica/group.ts';
import type { Groups } from '../replica/groups.ts';
import type { Peer, Peers } from '../neighbours/peers.ts';
import type { RetiredIdentities } from '../neighbours/retired-identities.ts';

export interface ReplacementsOptions {
  readonly clock: Clock;
  readonly peers: Peers;
  readonly attendance: Attendance;
  readonly retired: RetiredIdentities;
  readonly groups: Groups;
  /** Why no majority of the order can be reached, or undefined where one can. */
  readonly missingQuorum: (order: OrderId) => string | undefined;
}

/** Since when each radiant has been there, or away, without a break. */
interface Sightings {
  readonly reign: number;
  readonly presentMs: Map<RadiantId, number>;
  readonly silentMs: Map<RadiantId, number>;
}

export class Replacements {
  readonly #parts: ReplacementsOptions;
  readonly #sightings = new Map<OrderId, Sightings>();
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ReplacementsOptions) {
    this.#parts = parts;
  }

  /** This radiant stood still: all that it has counted says nothing. */
  restartClocks(): void {
    this.#sightings.clear();
  }

  pursue(): void {
    const { nowMs } = this.#parts.clock;
    if (nowMs - this.#lookedMs < INTERVALS.presenceMs) return;
    this.#lookedMs = nowMs;
    for (const [order, group] of this.#parts.groups.byOrder) {
      const reign = group.reignAsLeader();
      if (reign === undefined) this.#sightings.delete(order);
      else this.#observe(order, group, reign);
    }
  }

  #observe(order: OrderId, group: Group, reign: number): void {
    const known = this.#sightings.get(order);
    const sightings = known?.reign === reign ? known : { reign, presentMs: new Map(), silentMs: new Map() };
    this.#sightings.set(order, sightings);
    const { roster } = group;
    this.#countSilence(sightings, order, roster);
    this.#countPresence(sightings);
    if (this.#parts.missingQuorum(order) !== undefined) return;
    const wish = replacementWish(roster, this.#observations(sightings, group));
    if (wish !== undefined) group.wish(wish);
  }

  #countSilence({ silentMs }: Sightings, order: OrderId, { members }: Roster): void {
    const silent = members
      .filter((member) => !this.#parts.attendance.isHere(order, member))
      .map(({ radiant }) => radiant);
    this.#count(silentMs, new Set(silent));
  }

  #countPresence({ presentMs }: Sightings): void {
    this.#count(presentMs, new Set(this.#candidates().map(({ radiant }) => radiant)));
  }

  #count(sinceMs: Map<RadiantId, number>, now: ReadonlySet<RadiantId>): void {
    for (const radiant of sinceMs.keys()) if (!now.has(radiant)) sinceMs.delete(radiant);
    for (const radiant of now) if (!sinceMs.has(radiant)) sinceMs.set(radiant, this.#parts.clock.nowMs);
  }

  #observations({ presentMs, silentMs }: Sightings, group: Group): Observations {
    const { clock, retired } = this.#parts;
    const lengthMs = (sinceMs: number | undefined) => (sinceMs === undefined ? 0 : clock.nowMs - sinceMs);
    return {
      voter: (radiant) => ({
        votes: group.memberList().members.some((member) => member.radiant === radiant && member.voter),
        silentMs: lengthMs(silentMs.get(radiant)),
        isRetired: retired.has(radiant),
      }),
      present: this.#candidates()
        .filter(({ radiant }) => lengthMs(presentMs.get(radiant)) >= INTERVALS.candidatePresenceMs)
        .flatMap(({ radiant, presence }): readonly Participant[] =>
          presence === undefined ? [] : [{ radiant, device: presence.device }],
        ),
    };
  }

  /** Linked with this radiant: whoever takes part in an order talks to its herald a lot. */
  #candidates(): readonly Peer[] {
    const { peers, retired } = this.#parts;
    return peers.livePeers().filter(({ radiant, presence, behind, foreign }) => {
      if (presence === undefined || behind || foreign || retired.has(radiant)) return false;
      return presence.durable && !presence.clientOnly && peers.linkTo(radiant) !== undefined;
    });
  }
}
