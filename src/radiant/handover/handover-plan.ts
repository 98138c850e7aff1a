/** Plans the moves of an order's shards from the configuration and from its log (design, rule 10). */
import { assignments, movesOf, orderById } from '../../cluster/configuration.ts';
import type { HeldShard } from '../../store/contract.ts';
import type { Configuration, Shard, ShardRange } from '../../wire/configuration/configuration.ts';
import type { OrderId } from '../../wire/identifiers.ts';

export interface ComingShard {
  readonly shard: ShardRange;
  readonly from: OrderId;
  /** Number of the shard's chunks that have arrived. */
  readonly chunks: number;
}

export interface LeavingShard {
  readonly shard: ShardRange;
  readonly to: OrderId;
}

export interface HandoverPlan {
  readonly coming: readonly ComingShard[];
  /** Shards that have arrived, while the configuration still shows the move. */
  readonly arrived: readonly ComingShard[];
  readonly leaving: readonly LeavingShard[];
  /** Shards that are frozen here and complete at their new order. */
  readonly left: readonly ShardRange[];
  /** Shards whose slots are served here in parts, or at an earlier epoch. They have to be consolidated. */
  readonly consolidated: readonly ShardRange[];
}

export const NOTHING_PLANNED: HandoverPlan = { coming: [], arrived: [], leaving: [], left: [], consolidated: [] };

/** @param held the shards of this order's state, sorted by slot */
export function planHandover(configuration: Configuration, order: OrderId, held: readonly HeldShard[]): HandoverPlan {
  const own = orderById(configuration, order)?.shards ?? [];
  const coming: ComingShard[] = [];
  const arrived: ComingShard[] = [];
  const consolidated: ShardRange[] = [];
  for (const { source, first, last, epoch } of own) {
    const shard = { first, last, epoch };
    const here = overlapping(held, shard);
    if (source === undefined) {
      if (isServed(here, shard, (heldEpoch) => heldEpoch < epoch)) consolidated.push(shard);
    } else if (isServed(here, shard, (heldEpoch) => heldEpoch === epoch)) {
      arrived.push({ shard, from: source, chunks: 0 });
    } else {
      const chunks = chunksOf(here, shard);
      if (chunks !== undefined) coming.push({ shard, from: source, chunks });
    }
  }
  return { coming, arrived, leaving: leavingOf(configuration, order), left: leftOf(configuration, held), consolidated };
}

export function isSameShard(one: ShardRange, other: ShardRange): boolean {
  return one.first === other.first && one.last === other.last && one.epoch === other.epoch;
}

/** Returns a text that identifies the range and the epoch. */
export function nameOfShard({ first, last, epoch }: ShardRange): string {
  return `${first}-${last}@${epoch}`;
}

/**
 * Whether the order serves all slots of the range at epochs that `holds` accepts.
 * @param here shards that share slots with the range
 */
export function isServed(
  here: readonly HeldShard[],
  { first, last }: ShardRange,
  holds: (epoch: number) => boolean,
): boolean {
  let slots = 0;
  for (const held of here) {
    if (held.shardState.kind !== 'active' || !holds(held.epoch)) return false;
    slots += Math.min(held.last, last) - Math.max(held.first, first) + 1;
  }
  return slots === last - first + 1;
}

export function overlapping(held: readonly HeldShard[], { first, last }: ShardRange): readonly HeldShard[] {
  let low = 0;
  let high = held.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((held[middle]?.last ?? last) < first) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < held.length && (held[end]?.first ?? first) <= last) end += 1;
  return held.slice(low, end);
}

/**
 * Returns the number of chunks that have arrived. Undefined if the order serves slots of the shard or holds a newer
 * epoch, which means that the configuration is old. The first chunk replaces earlier epochs.
 */
function chunksOf(here: readonly HeldShard[], shard: ShardRange): number | undefined {
  let chunks = 0;
  for (const held of here) {
    const { shardState } = held;
    if (shardState.kind === 'incoming' && isSameShard(held, shard)) chunks = shardState.chunks;
    else if (shardState.kind === 'active' || held.epoch >= shard.epoch) return undefined;
  }
  return chunks;
}

function leavingOf(configuration: Configuration, order: OrderId): readonly LeavingShard[] {
  const leaving = movesOf(configuration).filter(({ shard }) => shard.source === order);
  return leaving.map(({ shard: { first, last, epoch }, order: to }) => ({ shard: { first, last, epoch }, to: to.id }));
}

/**
 * Returns the frozen shards that have arrived at their new order. A shard moves on only from an order that holds all of
 * it, so a later epoch proves arrival.
 */
function leftOf(configuration: Configuration, held: readonly HeldShard[]): readonly ShardRange[] {
  const frozen = held.filter(({ shardState }) => shardState.kind === 'frozen');
  if (frozen.length === 0) return [];
  const waiting = new Set<HeldShard>();
  for (const { shard } of assignments(configuration)) {
    for (const left of overlapping(frozen, shard)) if (!hasArrived(shard, left)) waiting.add(left);
  }
  return frozen.filter((shard) => !waiting.has(shard)).map(({ first, last, epoch }) => ({ first, last, epoch }));
}

function hasArrived(shard: Shard, left: ShardRange): boolean {
  return shard.epoch > left.epoch || (shard.epoch === left.epoch && shard.source === undefined);
}
