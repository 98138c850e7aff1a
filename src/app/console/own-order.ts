import { hasDeparted } from '../../hosts/identity-choice.ts';
import type { MemberView, OrderView, RadiantView } from '../../radiant/contract.ts';

/** The order of this tab's radiant, or the order that the radiant joins. Without either, the first order. */
export function ownOrder({ radiant, orders }: RadiantView): OrderView | undefined {
  return (
    orders.find(({ replica }) => replica !== undefined) ??
    orders.find(({ members }) => members.some((member) => member.radiant === radiant)) ??
    orders[0]
  );
}

/** The voters of an order. During a joint change, the voters of both halves. */
export function votersOf(order: OrderView): readonly MemberView[] {
  return order.members.filter(({ memberKind }) => memberKind === 'voter');
}

/** Whether this tab is in no order and has no link. Its knowledge of the cluster may then be out of date. */
export function isAstray(radiant: RadiantView): boolean {
  return radiant.neighbours.length === 0 && radiant.leaving === undefined && hasDeparted(radiant);
}

/** Whether the configuration or an order has this tab's radiant as a member. */
export function belongs(view: RadiantView): boolean {
  const { radiant, formation, orders } = view;
  if (orders.some(({ replica, members }) => replica !== undefined || members.some((one) => one.radiant === radiant))) {
    return true;
  }
  if (formation.kind !== 'formed') return false;
  return formation.configuration.orders.some(({ members: { voters, learners } }) =>
    [...voters, ...learners].some((member) => member.radiant === radiant),
  );
}

/** Whether the tab's own radiant is not running. Its view is then the last one, and its links have ended. */
export function isDown({ lifecycle }: RadiantView): boolean {
  return lifecycle === 'error';
}
