/**
 * Where the members that an order should have come from (design, rule 7). With a bondsmith the configuration says it,
 * and the order's herald targets for them under that configuration's number. Without one, whoever asks the herald.
 */
import type { TargetMembership } from '../../wire/configuration/roster.ts';
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

  /** Someone asks for members. */
  take(order: OrderId, members: Omit<TargetMembership, 'number'>): void {
    if (this.#configuration.bondsmith === undefined) this.#groups.get(order)?.target(members);
  }

  /** TargetMemberships for what the configuration says, where that is news to the order: to be called in every tick. */
  reconcile(): void {
    if (this.#configuration.bondsmith === undefined) return;
    for (const [id, group] of this.#groups) {
      if (group.replica.termAsLeader() === undefined) continue;
      const members = this.#configuration.order(id)?.members;
      if (members !== undefined && members.number > group.replica.state.roster.number)
        group.target(members, members.number);
    }
  }
}
