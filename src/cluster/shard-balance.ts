/**
 * Plans moves of shards when an order is created, dissolved or revived. The plan moves as few shards as needed until
 * the slots of all orders differ by at most one shard. Other placements by an administrator stay.
 */
import type { Configuration, ConfigurationChange, Order, Shard } from '../wire/configuration/configuration.ts';
import { type OrderId, asSlot } from '../wire/identifiers.ts';
import { changeBetween } from './configuration-change.ts';
import { asMuchAsFits } from './configuration-size.ts';
import { slotCountOf } from './configuration.ts';
import { ConfigurationDraft } from './configuration-draft.ts';
import type { ClusterFacts } from './cluster-facts.ts';

interface Move {
  readonly from: OrderId;
  readonly to: OrderId;
  readonly shard: Shard;
}

/**
 * Moves a share of the shards to an empty order, at most ⌈S/n⌉ of S shards for n orders.
 * @param orders all orders, including the one to fill
 * @param donors orders whose shards may move; none of their shards moves already
 * @param most shards that may move at once, at least one
 */
export function filled(
  orders: readonly Order[],
  to: OrderId,
  donors: ReadonlySet<OrderId>,
  most = Number.POSITIVE_INFINITY,
): readonly Order[] {
  const shardCount = orders.reduce((count, { shards }) => count + shards.length, 0);
  const part = Math.min(most, Math.ceil(shardCount / orders.length));
  const loads = orders.filter(({ id }) => donors.has(id)).map((order) => new Load(order));
  let slots = 0;
  const moves: Move[] = [];
  while (moves.length < part) {
    const taken = takeBest(loads, slots);
    if (taken === undefined) break;
    moves.push({ ...taken, to });
    slots += sizeOf(taken.shard);
  }
  if (moves.length > 0) return moved(orders, moves);
  const half = halfOfLargest(orders, donors);
  return half === undefined ? orders : moved(half.orders, [{ ...half.move, to }]);
}

/**
 * Moves the shards of an order to others, the largest first, each to the receiver with the fewest slots. Repeated calls
 * with a low `most` reach the same distribution as one call.
 * @param most shards that may move at once
 */
export function sharedOut(
  orders: readonly Order[],
  from: OrderId,
  receivers: ReadonlySet<OrderId>,
  most = Number.POSITIVE_INFINITY,
): readonly Order[] {
  const loads = orders
    .filter(({ id }) => receivers.has(id))
    .map((order) => ({ id: order.id, slots: slotCountOf(order) }))
    .sort((one, other) => compare(one.id, other.id));
  if (loads.length === 0) return orders;
  const shards = (orders.find(({ id }) => id === from)?.shards ?? []).toSorted(bySize).slice(0, most);
  const moves = shards.map((shard): Move => {
    const least = loads.reduce((one, other) => (other.slots < one.slots ? other : one));
    least.slots += sizeOf(shard);
    return { from, to: least.id, shard };
  });
  return moved(orders, moves);
}

/** Assigns shards to other orders at the next epoch. Unchanged orders stay the same objects. */
export function moved(orders: readonly Order[], moves: readonly Move[]): readonly Order[] {
  const coming = new Map<OrderId, Shard[]>();
  const leaving = new Set<Shard>();
  for (const { from, to, shard } of moves) {
    const shards = coming.get(to) ?? [];
    coming.set(to, shards);
    shards.push({ ...shard, epoch: shard.epoch + 1, source: from });
    leaving.add(shard);
  }
  const sources = new Set(moves.map(({ from }) => from));
  return orders.map((order) => {
    const gained = coming.get(order.id) ?? [];
    if (gained.length === 0 && !sources.has(order.id)) return order;
    return { ...order, shards: inOrder([...order.shards.filter((shard) => !leaving.has(shard)), ...gained]) };
  });
}

/** The shards that remain at a donor while moves are planned. */
class Load {
  readonly id: OrderId;
  /**
   * Shards by their size in slots, the largest size first. Few sizes exist, since all shards together cover the ring
   * once.
   */
  readonly #shards: ReadonlyMap<number, Shard[]>;
  #slots: number;

  constructor(order: Order) {
    const shards = new Map<number, Shard[]>();
    for (const shard of order.shards.toSorted(bySize).toReversed()) {
      const equals = shards.get(sizeOf(shard)) ?? [];
      shards.set(sizeOf(shard), equals);
      equals.push(shard);
    }
    this.id = order.id;
    this.#shards = new Map([...shards].reverse());
    this.#slots = slotCountOf(order);
  }

  get slots(): number {
    return this.#slots;
  }

  /**
   * Takes the shard that halves the difference best. Undefined if no shard reduces it.
   * @param difference slots that this order has more than the receiver
   */
  takeBest(difference: number): Shard | undefined {
    let best: Shard[] | undefined;
    let gap = difference;
    for (const [size, shards] of this.#shards) {
      const left = Math.abs(difference - 2 * size);
      if (shards.length > 0 && left < gap) [best, gap] = [shards, left];
    }
    const taken = best?.pop();
    if (taken !== undefined) this.#slots -= sizeOf(taken);
    return taken;
  }
}

/** Takes a shard from the order with the most slots. Undefined if no move would reduce a difference. */
function takeBest(loads: readonly Load[], slots: number): Omit<Move, 'to'> | undefined {
  for (const load of loads.toSorted((one, other) => other.slots - one.slots || compare(one.id, other.id))) {
    const shard = load.takeBest(load.slots - slots);
    if (shard !== undefined) return { from: load.id, shard };
  }
  return undefined;
}

/** Splits the largest shard in two halves, of which the second may move. Used when fewer shards than orders exist. */
function halfOfLargest(orders: readonly Order[], donors: ReadonlySet<OrderId>) {
  const giving = orders.filter(({ id }) => donors.has(id));
  const all = giving.flatMap((order) => order.shards.map((shard) => ({ order, shard })));
  const [largest] = all.sort((one, other) => bySize(one.shard, other.shard));
  if (largest === undefined || sizeOf(largest.shard) < 2) return undefined;
  const { order, shard } = largest;
  const middle = shard.first + Math.ceil(sizeOf(shard) / 2);
  const [left, right] = [
    { ...shard, last: asSlot(middle - 1) },
    { ...shard, first: asSlot(middle) },
  ];
  const shards = order.shards.flatMap((one) => (one === shard ? [left, right] : [one]));
  const fractured = orders.map((one) => (one === order ? { ...order, shards } : one));
  return { orders: fractured, move: { from: order.id, shard: right } };
}

function inOrder(shards: readonly Shard[]): readonly Shard[] {
  return shards.toSorted((one, other) => one.first - other.first);
}

function bySize(one: Shard, other: Shard): number {
  return sizeOf(other) - sizeOf(one) || one.first - other.first;
}

function sizeOf({ first, last }: Shard): number {
  return last - first + 1;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : 1;
}

type Emptying =
  /** The shards of this change move. More shards can move after they have arrived. */
  | { readonly kind: 'change'; readonly change: ConfigurationChange }
  /** No other order has a quorum. */
  | { readonly kind: 'no-receiver' }
  /** The configuration has no room for one more moving shard. */
  | { readonly kind: 'no-room' };

/**
 * Plans the moves that empty an order. The free bytes of the configuration limit the moves in one change.
 * @param id an order with shards, none of which moves
 */
export function emptied(configuration: Configuration, facts: ClusterFacts, id: OrderId): Emptying {
  const draft = new ConfigurationDraft(configuration, facts);
  const receivers = new Set(draft.able.map((order) => order.id).filter((other) => other !== id));
  if (receivers.size === 0) return { kind: 'no-receiver' };
  const { shards } = draft.order(id);
  draft.setOrders([{ ...draft.order(id), isDissolving: true }]);
  const change = asMuchAsFits(configuration, shards.length, (most) =>
    changeBetween(configuration.orders, sharedOut(draft.orders, id, receivers, most)),
  );
  return change === undefined ? { kind: 'no-room' } : { kind: 'change', change };
}
