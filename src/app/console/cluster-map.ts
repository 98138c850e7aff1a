/** The cluster as this tab knows it: its orders, their shards, and the moving shards. Pure. */
import type { MoveView, OrderView, RadiantView } from '../../radiant/contract.ts';
import type { Configuration, Order } from '../../wire/configuration/configuration.ts';
import { type OrderId, type RadiantId, shortId, SLOT_COUNT, type Slot } from '../../wire/identifiers.ts';
import { isAstray, isDown, ownOrder } from './own-order.ts';
import type { ShownView } from './shown-view.ts';

export interface ClusterMap {
  readonly number: number;
  readonly bondsmith: RadiantId | undefined;
  readonly orders: readonly OrderLine[];
  /** All shards of the ring, ordered by slot. */
  readonly shards: readonly ShardLine[];
  readonly moves: readonly MoveLine[];
}

export interface OrderLine {
  readonly id: OrderId;
  readonly name: string;
  /** Number of the order's colour, from 1 to `HUES`. */
  readonly hue: number;
  readonly isOwn: boolean;
  readonly herald: RadiantId | undefined;
  readonly voters: number;
  readonly reachableVoters: number;
  readonly learners: number;
  readonly shards: number;
  readonly slots: number;
  readonly state: OrderState;
}

/** `changing`: the order has not yet reached its target membership. */
export type OrderState = 'serving' | 'changing' | 'electing' | 'linking' | 'without-quorum' | 'unknown';

export interface ShardLine {
  readonly first: Slot;
  readonly last: Slot;
  readonly epoch: number;
  readonly order: OrderLine;
  /** The order that a moving shard comes from. Undefined: the shard does not move. */
  readonly source: OrderLine | undefined;
}

export interface MoveLine {
  readonly shard: ShardLine;
  readonly from: OrderLine;
  readonly to: OrderLine;
  /** The progress, as a member of the sending or receiving order sees it. Undefined: this tab is in neither order. */
  readonly seen: MoveView | undefined;
}

/** Number of colours for orders. The order at position `HUES` + 1 has the first colour again. */
export const HUES = 6;

export function clusterMapOf(view: ShownView): ClusterMap | undefined {
  const own = view.radiants[0];
  if (own?.formation.kind !== 'formed') return undefined;
  const { configuration } = own.formation;
  const orders = configuration.orders.map((order, at) => orderLine(order, at, own, view.isLinking === true));
  const byId = new Map(orders.map((order) => [order.id, order]));
  const shards = shardLines(configuration, byId);
  const seen = view.radiants.flatMap((radiant) => radiant.orders.flatMap(({ replica }) => replica?.moves ?? []));
  return {
    number: configuration.number,
    bondsmith: own.bondsmith?.herald,
    orders,
    shards,
    moves: shards.flatMap((shard) => moveLine(shard, seen)),
  };
}

export function shardAt({ shards }: ClusterMap, slot: number): ShardLine | undefined {
  return shards.find(({ first, last }) => first <= slot && slot <= last);
}

/** Formats a number of slots as a percentage of the ring. */
export function shareOf(slots: number): string {
  const share = (100 * slots) / SLOT_COUNT;
  return `${share >= 10 || share === 0 || Number.isInteger(share) ? Math.round(share) : share.toFixed(1)} %`;
}

export function rangeOf({ first, last }: { readonly first: number; readonly last: number }): string {
  return first === last ? `${first}` : `${first}–${last}`;
}

function orderLine(order: Order, at: number, own: RadiantView, isLinking: boolean): OrderLine {
  const view = own.orders.find((candidate) => candidate.order === order.id);
  const voters = (view?.members ?? []).filter(({ memberKind }) => memberKind === 'voter');
  return {
    id: order.id,
    name: shortId(order.id),
    hue: (at % HUES) + 1,
    isOwn: ownOrder(own)?.order === order.id && view?.replica !== undefined,
    herald: isDown(own) ? undefined : view?.herald,
    voters: voters.length,
    reachableVoters: voters.filter(({ reachable }) => reachable).length,
    learners: (view?.members ?? []).filter(({ memberKind }) => memberKind === 'learner').length,
    shards: order.shards.length,
    slots: order.shards.reduce((sum, { first, last }) => sum + last - first + 1, 0),
    state: view === undefined || isAstray(own) || isDown(own) ? 'unknown' : stateOf(order, view, isLinking),
  };
}

function stateOf(order: Order, view: OrderView, isLinking: boolean): OrderState {
  if (!view.quorumReachable) return isLinking ? 'linking' : 'without-quorum';
  if (view.herald === undefined) return 'electing';
  return hasItsMembers(order, view) ? 'serving' : 'changing';
}

/** Whether the members in the order's log are those of the configuration (design, rule 7). */
function hasItsMembers({ members: { voters, learners } }: Order, view: OrderView): boolean {
  const inLog = (memberKind: string) =>
    view.members.filter((member) => member.memberKind === memberKind).map(({ radiant }) => radiant);
  return isSameSet(voters, inLog('voter')) && isSameSet(learners, inLog('learner'));
}

function isSameSet(wanted: readonly { readonly radiant: RadiantId }[], found: readonly RadiantId[]): boolean {
  return wanted.length === found.length && wanted.every(({ radiant }) => found.includes(radiant));
}

function shardLines({ orders }: Configuration, lines: ReadonlyMap<OrderId, OrderLine>): readonly ShardLine[] {
  const shards = orders.flatMap(({ id, shards: held }) => {
    const order = lines.get(id);
    if (order === undefined) return [];
    return held.map(({ first, last, epoch, source }) => {
      return { first, last, epoch, order, source: source === undefined ? undefined : lines.get(source) };
    });
  });
  return shards.toSorted((one, other) => one.first - other.first);
}

function moveLine(shard: ShardLine, seen: readonly MoveView[]): readonly MoveLine[] {
  if (shard.source === undefined) return [];
  const ofShard = seen.filter((move) => move.shard.first === shard.first && move.shard.epoch === shard.epoch);
  // The receiver's progress is preferred, because the receiver knows more than the sender.
  const best = ofShard.toSorted((one, other) => rank(other) - rank(one))[0];
  return [{ shard, from: shard.source, to: shard.order, seen: best }];
}

function rank({ direction, chunks }: MoveView): number {
  return (direction === 'in' ? 1_000_000 : 0) + chunks;
}
