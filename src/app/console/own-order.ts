import { hasDeparted } from '../../hosts/identity-choice.ts';
import type { MemberView, OrderView, RadiantView } from '../../radiant/contract.ts';

/** The order that this tab's radiant is in, or is to be in; a tab that is in none looks at the first. */
export function ownOrder({ radiant, orders }: RadiantView): OrderView | undefined {
  return (
    orders.find(({ replica }) => replica !== undefined) ??
    orders.find(({ members }) => members.some((member) => member.radiant === radiant)) ??
    orders[0]
  );
}

/** The members that vote. While the membership changes, these are the voters of both. */
export function votersOf(order: OrderView): readonly MemberView[] {
  return order.members.filter(({ memberKind }) => memberKind === 'voter');
}

/** What it knows of the cluster is of the past: nothing rests on this tab, so it waits for nobody's vote. */
export function isAstray(radiant: RadiantView): boolean {
  return radiant.neighbours.length === 0 && radiant.leaving === undefined && hasDeparted(radiant);
}

/** Whether the configuration counts on this tab's radiant, or an order does. */
export function belongs(view: RadiantView): boolean {
  const { radiant, formation, orders } = view;
  if (orders.some(({ replica, members }) => replica !== undefined || members.some((one) => one.radiant === radiant))) {
    return true;
  }
  if (formation.kind !== 'formed' || formation.configuration.bondsmith === undefined) return false;
  return formation.configuration.orders.some(({ members: { voters, learners } }) =>
    [...voters, ...learners].some((member) => member.radiant === radiant),
  );
}

/** Whether the own radiant does not run. Its view is then what it knew last, and its links have ended. */
export function isDown({ lifecycle }: RadiantView): boolean {
  return lifecycle === 'error';
}
