/**
 * What an order may act upon towards another one: what it has applied, and, where it has a sole voter, the companion has
 * flushed, too (design, rule 6). Else the other one could go on from what is lost with the voter's disk.
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
  /** What was applied when each was seen first. */
  readonly #seen = new Map<string, LogIndex>();

  constructor(replica: AppliedLog, companionship: Acknowledgement) {
    this.#replica = replica;
    this.#companionship = companionship;
  }

  /** @param name of what the applied state shows */
  isAcknowledged(name: string): boolean {
    const index = this.#seen.get(name) ?? this.#replica.state.applied;
    this.#seen.set(name, index);
    return index <= this.#companionship.acknowledgeable();
  }

  /** Forgets all others. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
  }
}
