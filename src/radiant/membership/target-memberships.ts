/**
 * Gives the herald of each order the target membership of its order (design, rule 7). The configuration names the
 * members, and the target carries the number of that configuration.
 */
import type { OrderId } from '../../wire/identifiers.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { LocalOrder } from '../orders/local-order.ts';

export class TargetMemberships {
  readonly #configuration: ConfigurationHolder;
  readonly #groups: ReadonlyMap<OrderId, LocalOrder>;

  constructor(configuration: ConfigurationHolder, groups: ReadonlyMap<OrderId, LocalOrder>) {
    this.#configuration = configuration;
    this.#groups = groups;
  }

  /** Proposes the members of the configuration if the log does not name them yet. Call this in every tick. */
  reconcile(): void {
    for (const [id, group] of this.#groups) {
      if (group.replica.termAsLeader() === undefined) continue;
      const members = this.#configuration.order(id)?.members;
      if (members !== undefined && members.number > group.replica.state.roster.number)
        group.target(members, members.number);
    }
  }
}
