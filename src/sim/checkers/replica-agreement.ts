import type { WriteBatch } from '../../storage/contract.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { ObservedRadiant, Observer } from '../world/observer.ts';
import { check } from '../violation.ts';
import { changesIn } from './group-changes.ts';

/**
 * Checks that replicas with the same applied index hold the same state, byte for byte, also after a restart. A
 * checkpoint must name the digest of the same state.
 */
export class ReplicaAgreement implements Observer {
  /** By order, at position applied index - 1: the digest of the order's state. */
  readonly #digests = new Map<OrderId, (string | undefined)[]>();
  readonly #applied = new Map<ObservedRadiant, Map<OrderId, number>>();

  handled(radiant: ObservedRadiant): void {
    const applied = this.#applied.get(radiant) ?? new Map<OrderId, number>();
    this.#applied.set(radiant, applied);
    for (const { order, replica } of radiant.replicas()) {
      if (replica.applied === (applied.get(order) ?? 0)) continue;
      applied.set(order, replica.applied);
      this.#agree(radiant, order, replica.applied, radiant.digest(order));
    }
  }

  writeBegan(radiant: ObservedRadiant, batch: WriteBatch): void {
    for (const { order, manifest } of changesIn(batch)) {
      if (manifest === undefined || manifest === 'deleted') continue;
      this.#agree(radiant, order, manifest.index, manifest.digest);
    }
  }

  ended(radiant: ObservedRadiant): void {
    this.#applied.delete(radiant);
  }

  #agree(radiant: ObservedRadiant, order: OrderId, applied: number, digest: string | undefined): void {
    const digests = this.#digests.get(order) ?? [];
    this.#digests.set(order, digests);
    const known = digests[applied - 1];
    digests[applied - 1] = digest;
    check(
      known === undefined || known === digest,
      'replicas agree',
      () => `${radiant.name} holds another state after entry ${applied} than was seen before`,
    );
  }
}
