import type { OrderId } from '../../wire/identifiers.ts';
import type { ObservedRadiant, Observer } from '../observer.ts';
import { check } from '../violation.ts';

/** Replicas that have applied the same entries hold the same state, byte for byte, also after a restart. */
export class ReplicaAgreement implements Observer {
  /** Digest of each order's state by applied index - 1. */
  readonly #digests = new Map<OrderId, (string | undefined)[]>();
  readonly #applied = new Map<ObservedRadiant, number>();

  handled(radiant: ObservedRadiant): void {
    for (const { order, replica } of radiant.replicas()) {
      if (replica.applied === (this.#applied.get(radiant) ?? 0)) continue;
      this.#applied.set(radiant, replica.applied);
      const digest = radiant.digest(order);
      const digests = this.#digests.get(order) ?? [];
      this.#digests.set(order, digests);
      const known = digests[replica.applied - 1];
      digests[replica.applied - 1] = digest;
      check(
        known === undefined || known === digest,
        'replicas agree',
        () => `${radiant.name} holds another state after entry ${replica.applied} than was seen before`,
      );
    }
  }

  ended(radiant: ObservedRadiant): void {
    this.#applied.delete(radiant);
  }
}
