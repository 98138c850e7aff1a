/** The decisions of one term of a bondsmith (design, rule 9): one at a time, each on the configuration before it. */
import type { Configuration, ConfigurationChange } from '../../wire/configuration/configuration.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import type { LocalOrder } from '../orders/local-order.ts';

export class Decisions {
  readonly #order: LocalOrder;
  readonly #term: number;
  /** Of the latest one in the log. */
  #index: LogIndex | undefined;

  constructor(order: LocalOrder, term: number) {
    this.#order = order;
    this.#term = term;
  }

  /** The latest one has not had its effect yet, or been passed over. */
  get isUnderWay(): boolean {
    return this.#index !== undefined && this.#index > this.#order.replica.state.applied;
  }

  /** @param base what it follows; undefined: nothing, it is the founding. @returns whether it went on its way */
  decide(base: Configuration | undefined, change: ConfigurationChange): boolean {
    const entry = { kind: 'configure', term: this.#term, base: base?.number ?? 0, change } as const;
    this.#index = this.#order.propose(entry);
    return this.#index !== undefined;
  }
}
