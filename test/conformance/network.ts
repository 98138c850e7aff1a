/** The network of a transcript. Replicas can be down, and a cut can divide the network. */
import type { ReplicaId } from '../../src/wire/identifiers.ts';

export class Network {
  readonly #down = new Set<ReplicaId>();
  /** Replicas on one side of the cut. Empty: there is no cut. */
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

  /** Divides the network. The given replicas reach each other, and all others reach each other. */
  cutOff(replicas: readonly ReplicaId[]): void {
    this.#island = new Set(replicas);
  }

  heal(): void {
    this.#island = new Set();
  }

  /** Whether a message arrives. The test is made on arrival, so that a cut also stops messages under way. */
  carries(from: ReplicaId, to: ReplicaId): boolean {
    return !this.#down.has(to) && this.#island.has(from) === this.#island.has(to);
  }
}
