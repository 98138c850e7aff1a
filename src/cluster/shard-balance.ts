/**
 * Shards go from order to order only where an order comes, goes, or stays after all: then as few as make the slots of
 * each differ by one shard at most. What an administrator has moved stays otherwise.
 */
import type { Order, Shard } from '../wire/configuration.ts';
import { asSlot, type OrderId } from '../wire/identifiers.ts';
import { slotCountOf } from './configuration.ts';

/** A shard, at the order that it is to leave. */
interface Move {
  readonly from: OrderId;
  readonly shard: Shard;
}

/**
 * Gives an order that serves nothing its part: at most ⌈S/n⌉ of the S shards, and none between the others.
 * @param orders all of them, the one that is to be filled included
 * @param donors those whose shards may go; none of their shards is on its way
 */
export function filled(orders: readonly Order[], to: OrderId, donors: ReadonlySet<OrderId>): readonly Order[] {
  const shardCount = orders.reduce((count, { shards }) => count + shards.length, 0);
  const most = Math.ceil(shardCount / orders.length);
  const loads = new Map(orders.filter(({ id }) => donors.has(id)).map((order) => [order.id, new Load(order)]));
  let taken = 0;
  let slots = 0;
  const moves: Move[] = [];
  while (taken < most) {
    const move = bestMove([...loads.values()], slots);
    if (move === undefined) break;
    moves.push(move);
    loads.get(move.from)?.remove(move.shard);
    slots += sizeOf(move.shard);
    taken++;
  }
  if (moves.length > 0) return moved(orders, moves, to);
  const half = halfOfLargest(orders, donors);
  return half === undefined ? orders : moved(half.orders, [half.move], to);
}

/** Shares out all shards of an order: the largest first, each to the one of the receivers that has the fewest slots. */
export function sharedOut(orders: readonly Order[], from: OrderId, receivers: ReadonlySet<OrderId>): readonly Order[] {
  const slots = new Map(orders.filter(({ id }) => receivers.has(id)).map((order) => [order.id, slotCountOf(order)]));
  const shards = (orders.find(({ id }) => id === from)?.shards ?? []).toSorted(bySize);
  let result = orders;
  for (const shard of shards) {
    const [least] = [...slots].sort(([one, ones], [other, others]) => ones - others || compare(one, other));
    if (least === undefined) return orders;
    const [to, count] = least;
    slots.set(to, count + sizeOf(shard));
    result = moved(result, [{ from, shard }], to);
  }
  return result;
}

/** Shards under another order, at the next epoch, on their way to it. Orders that nothing happens to stay the very same. */
export function moved(orders: readonly Order[], moves: readonly Move[], to: OrderId): readonly Order[] {
  const coming = moves.map(({ from, shard }): Shard => ({ ...shard, epoch: shard.epoch + 1, source: from }));
  const sources = new Set(moves.map(({ from }) => from));
  const leaving = new Set(moves.map(({ shard }) => shard.first));
  return orders.map((order) => {
    if (order.id === to) return { ...order, shards: inOrder([...order.shards, ...coming]) };
    if (!sources.has(order.id)) return order;
    return { ...order, shards: order.shards.filter(({ first }) => !leaving.has(first)) };
  });
}

/** What a donor has left. */
class Load {
  readonly id: OrderId;
  #shards: readonly Shard[];
  #slots: number;

  constructor(order: Order) {
    this.id = order.id;
    this.#shards = order.shards.toSorted(bySize);
    this.#slots = slotCountOf(order);
  }

  get slots(): number {
    return this.#slots;
  }

  remove(shard: Shard): void {
    this.#shards = this.#shards.filter((other) => other !== shard);
    this.#slots -= sizeOf(shard);
  }

  /** The one that makes it the most even: only so many may go, so none of them is to be wasted on a few slots. */
  best(difference: number): Shard | undefined {
    let best: Shard | undefined;
    let gap = difference;
    for (const shard of this.#shards) {
      const left = Math.abs(difference - 2 * sizeOf(shard));
      if (left < gap) [best, gap] = [shard, left];
    }
    return best;
  }
}

/** From whoever has the most slots; undefined: no shard makes it more even. */
function bestMove(loads: readonly Load[], slots: number): Move | undefined {
  for (const load of loads.toSorted((one, other) => other.slots - one.slots || compare(one.id, other.id))) {
    const shard = load.best(load.slots - slots);
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
