/** What keeps messages from arriving: replicas that are down, and a cut through the network. */
import type { ReplicaId } from '../../src/wire/identifiers.ts';

export class Network {
  readonly #down = new Set<ReplicaId>();
  /** Those on one side of the cut; nobody: there is none. */
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

  /** From now on these reach each other, all others reach each other, and nothing passes between. */
  cutOff(replicas: readonly ReplicaId[]): void {
    this.#island = new Set(replicas);
  }

  heal(): void {
    this.#island = new Set();
  }

  /** Decided when a message would arrive, so that a cut also catches what was on its way. */
  carries(from: ReplicaId, to: ReplicaId): boolean {
    return !this.#down.has(to) && this.#island.has(from) === this.#island.has(to);
  }
}
