/** Asks for direct links to the members of orders, and to those that a founder is to hear: whoever is not linked yet, but not all the time. */
import type { RadiantId } from '../../wire/identifiers.ts';
import type { Clock } from '../clock.ts';
import type { Effects } from '../effects.ts';
import type { Peers } from './peers.ts';
import type { Self } from '../self.ts';

export class Connector {
  readonly #self: Self;
  readonly #clock: Clock;
  readonly #peers: Peers;
  readonly #effects: Effects;
  readonly #askedMs = new Map<RadiantId, number>();

  constructor(self: Self, clock: Clock, peers: Peers, effects: Effects) {
    this.#self = self;
    this.#clock = clock;
    this.#peers = peers;
    this.#effects = effects;
  }

  reconcile(wanted: Iterable<RadiantId>): void {
    for (const radiant of wanted) {
      if (radiant === this.#self.radiant || this.#peers.linkTo(radiant) !== undefined) continue;
      const askedMs = this.#askedMs.get(radiant) ?? Number.NEGATIVE_INFINITY;
      if (this.#clock.nowMs - askedMs < this.#clock.times.liveness.connectRetryMs) continue;
      this.#askedMs.set(radiant, this.#clock.nowMs);
      this.#effects.push({ kind: 'connect', radiant });
    }
  }
}
