import type { WriteBatch } from '../../storage/contract.ts';
import { groupCheckpointKey, ordersIn } from '../../storage/keys.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { ObservedRadiant, Observer } from '../observer.ts';
import { check } from '../violation.ts';
import { manifestOf } from './replica-checkpoint.ts';

/**
 * Replicas that have applied the same entries hold the same state, byte for byte, also after a restart; and a
 * checkpoint, whoever made it, promises no other.
 */
export class ReplicaAgreement implements Observer {
  /** Digest of each order's state by applied index - 1. */
  readonly #digests = new Map<OrderId, (string | undefined)[]>();
  readonly #applied = new Map<ObservedRadiant, number>();

  handled(radiant: ObservedRadiant): void {
    for (const { order, replica } of radiant.replicas()) {
      if (replica.applied === (this.#applied.get(radiant) ?? 0)) continue;
      this.#applied.set(radiant, replica.applied);
      this.#agree(radiant, order, replica.applied, radiant.digest(order));
    }
  }

  writeBegan(radiant: ObservedRadiant, batch: WriteBatch): void {
    for (const change of batch) {
      if (change.kind !== 'put' || !change.key.endsWith(END_OF_CHECKPOINT_KEY)) continue;
      const [order] = ordersIn([change.key]);
      if (order === undefined || change.key !== groupCheckpointKey(order)) continue;
      const { index, digest } = manifestOf(change.value);
      this.#agree(radiant, order, index, digest);
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

const END_OF_CHECKPOINT_KEY = '/checkpoint';
