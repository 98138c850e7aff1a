import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import type { ProposedMembership } from '../drivers/membership-driver.ts';

/** Everyone who has a place in an order. */
export function placesOf({ orders }: Configuration): readonly RadiantId[] {
  return orders.flatMap(({ members }) => [...members.voters, ...members.learners].map(({ radiant }) => radiant));
}

/** Who should form each order, as far as anybody knows. */
export function targetsIn(configuration: Configuration | undefined): readonly ProposedMembership[] {
  return (configuration?.orders ?? []).map(({ members: { voters, learners } }) => ({
    voters: voters.map(({ radiant }) => radiant),
    learners: learners.map(({ radiant }) => radiant),
  }));
}
