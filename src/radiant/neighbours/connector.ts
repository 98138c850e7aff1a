/**
 * Asks the transport for direct links to members of orders, and to radiants that a founder needs. It asks for the same
 * radiant at most once in `connectRetryMs`.
 */
import type { RadiantId } from '../../wire/identifiers.ts';
import type { Clock } from '../clock.ts';
import type { EffectQueue } from '../event.ts';
import type { Peers } from './peers.ts';
import type { Identity } from '../identity.ts';

export class Connector {
  readonly #identity: Identity;
  readonly #clock: Clock;
  readonly #peers: Peers;
  readonly #effects: EffectQueue;
  readonly #askedMs = new Map<RadiantId, number>();

  constructor(identity: Identity, clock: Clock, peers: Peers, effects: EffectQueue) {
    this.#identity = identity;
    this.#clock = clock;
    this.#peers = peers;
    this.#effects = effects;
  }

  reconcile(wanted: Iterable<RadiantId>): void {
    for (const radiant of wanted) {
      if (radiant === this.#identity.radiant || this.#peers.linkTo(radiant) !== undefined) continue;
      const askedMs = this.#askedMs.get(radiant) ?? Number.NEGATIVE_INFINITY;
      if (this.#clock.nowMs - askedMs < this.#clock.times.liveness.connectRetryMs) continue;
      this.#askedMs.set(radiant, this.#clock.nowMs);
      this.#effects.push({ kind: 'connect', radiant });
    }
  }
}
