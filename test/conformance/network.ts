/** Replicas that are down, and a cut through the network. */
import type { ReplicaId } from '../../src/wire/identifiers.ts';

export class Network {
  readonly #down = new Set<ReplicaId>();
  /** One side of the cut; empty: no cut. */
  #island: ReadonlySet<ReplicaId> = new Set();

  isDown(replica: ReplicaId): boolean {
    return this.#down.has(replica);
  }

  crash(replica: ReplicaId): void {
    this.#down.add(replica);
  }

  restart(replica: ReplicaId): void {
    this.#down.delete(replica);
  }

  /** These replicas reach each other, the others reach each other, and no message crosses. */
  cutOff(replicas: readonly ReplicaId[]): void {
    this.#island = new Set(replicas);
  }

  heal(): void {
    this.#island = new Set();
  }

  /** Decided on arrival, so that a cut also stops messages under way. */
  carries(from: ReplicaId, to: ReplicaId): boolean {
    return !this.#down.has(to) && this.#island.has(from) === this.#island.has(to);
  }
}
