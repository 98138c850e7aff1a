/**
 * Shards go from order to order only where an order comes, goes, or stays after all: then as few as make the slots of
 * each differ by one shard at most. What an administrator has moved stays otherwise.
 */
import type { Configuration, ConfigurationChange, Order, Shard } from '../wire/configuration/configuration.ts';
import { type OrderId, asSlot } from '../wire/identifiers.ts';
import { changeBetween } from './configuration-change.ts';
import { asMuchAsFits } from './configuration-size.ts';
import { slotCountOf } from './configuration.ts';
import { ConfigurationDraft } from './configuration-draft.ts';
import type { ClusterFacts } from './cluster-facts.ts';

/** A shard, the order that it leaves, and the one that it goes to. */
interface Move {
  readonly from: OrderId;
  readonly to: OrderId;
  readonly shard: Shard;
}

/**
 * Gives an order that serves nothing its part: at most ⌈S/n⌉ of the S shards, and none between the others.
 * @param orders all of them, the one that is to be filled included
 * @param donors those whose shards may go; none of their shards is on its way
 * @param most shards that may go at once, at least one
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
 * Shares out the shards of an order: the largest first, each to the one of the receivers that has the fewest slots. In
 * as many goes as one likes it comes to the same: none depends on what went before it but for the slots that they have.
 * @param most shards that may go at once
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

/** Shards under other orders, at the next epoch, on their way to them. Orders that nothing happens to stay the very same. */
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

/** What a donor has left. */
class Load {
  readonly id: OrderId;
  /** By their sizes, the largest first: there are few of those, as all together are the ring. In each the last one goes first. */
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

  /** Takes the one that makes it the most even: only so many may go, so none of them is to be wasted on a few slots. */
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

/** From whoever has the most slots; undefined: no shard makes it more even. */
function takeBest(loads: readonly Load[], slots: number): Omit<Move, 'to'> | undefined {
  for (const load of loads.toSorted((one, other) => other.slots - one.slots || compare(one.id, other.id))) {
    const shard = load.takeBest(load.slots - slots);
    if (shard !== undefined) return { from: load.id, shard };
  }
  return undefined;
}

/** Where there are fewer shards than orders, the largest one is fractured; its second half may go. */
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

/** The largest first. */
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
  /** Of what is left then, more can go when these have arrived. */
  | { readonly kind: 'change'; readonly change: ConfigurationChange }
  /** There is nobody to take them. */
  | { readonly kind: 'no-receiver' }
  /** Not one shard more can be on its way. */
  | { readonly kind: 'no-room' };

/** @param id an order that serves something; no shard is on its way */
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
