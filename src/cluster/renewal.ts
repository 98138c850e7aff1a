/**
 * How a configuration keeps room. It says of each order how that was born, for as long as the order lives: who joins
 * begins its log with that (design, rule 1). First voters that have left the cluster since take room that others need.
 * Where it gets scarce, the order with the most of them ends, and one that is born of whoever is there takes its place.
 */
import type { Configuration, Order } from '../wire/configuration/configuration.ts';
import type { RadiantId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { participantsOf, slotCountOf } from './configuration.ts';
import { roomIn } from './configuration-room.ts';

/** Which of these orders is to make room; undefined: there is enough of it, or nobody has left. */
export function outlivedOrder(configuration: Configuration, orders: readonly Order[]): Order | undefined {
  const { renewalBytes, renewalSlackBytes } = LIMITS;
  const room = roomIn(configuration);
  if (room >= renewalBytes + renewalSlackBytes) return undefined;
  const present = new Set(participantsOf(configuration).map(({ radiant }) => radiant));
  const [most] = orders
    .map((order) => ({ order, strangers: strangersOf(order, present) }))
    // One that has begun to end goes on with it, though what is on its way takes a little more room, or less.
    .filter(({ order, strangers }) => strangers > 0 && (order.isDissolving || room < renewalBytes))
    .sort(
      (one, other) =>
        Number(other.order.isDissolving) - Number(one.order.isDissolving) ||
        other.strangers - one.strangers ||
        slotCountOf(one.order) - slotCountOf(other.order) ||
        (one.order.id < other.order.id ? -1 : 1),
    );
  return most?.order;
}

function strangersOf({ firstVoters }: Order, present: ReadonlySet<RadiantId>): number {
  return firstVoters.filter(({ radiant }) => !present.has(radiant)).length;
}
