/**
 * Tracks which shard states other orders may rely on. The state's entry must be applied, and the companion of a sole
 * voter must have flushed it (design, rule 6). Otherwise another order could rely on data that is lost with the voter's
 * disk.
 */
import type { LogIndex } from '../../wire/identifiers.ts';
import type { Acknowledgement } from '../herald/deferred-replies.ts';
import type { OrderState } from '../replica/order-state.ts';

interface AppliedLog {
  readonly state: Pick<OrderState, 'applied'>;
}

export class AcknowledgedShards {
  readonly #replica: AppliedLog;
  readonly #companionship: Acknowledgement;
  /** The applied index at the first observation of each state, by name. */
  readonly #seen = new Map<string, LogIndex>();

  constructor(replica: AppliedLog, companionship: Acknowledgement) {
    this.#replica = replica;
    this.#companionship = companionship;
  }

  /** @param name name of a state in the applied log */
  isAcknowledged(name: string): boolean {
    const index = this.#seen.get(name) ?? this.#replica.state.applied;
    this.#seen.set(name, index);
    return index <= this.#companionship.acknowledgeable();
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
  }
}
