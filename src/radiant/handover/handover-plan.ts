/** What is to be done about an order's shards, by the configuration and by what its log says (design, rule 10). */
import { assignments, movesOf, orderById } from '../../cluster/configuration.ts';
import type { HeldShard } from '../../store/contract.ts';
import type { Configuration, Shard, ShardRange } from '../../wire/configuration/configuration.ts';
import type { OrderId } from '../../wire/identifiers.ts';

export interface ComingShard {
  readonly shard: ShardRange;
  readonly from: OrderId;
  /** How many pieces of it are here. */
  readonly chunks: number;
}

export interface LeavingShard {
  readonly shard: ShardRange;
  readonly to: OrderId;
}

export interface HandoverPlan {
  /** They are on their way here. */
  readonly coming: readonly ComingShard[];
  /** They are here, and the configuration does not know it yet. */
  readonly arrived: readonly ComingShard[];
  /** They are on their way to others, or have not been asked for yet. */
  readonly leaving: readonly LeavingShard[];
  /** Frozen here, and whole where they belong. */
  readonly left: readonly ShardRange[];
  /** They are served here already, in parts or at an epoch of before. */
  readonly consolidated: readonly ShardRange[];
}

export const NOTHING_PLANNED: HandoverPlan = { coming: [], arrived: [], leaving: [], left: [], consolidated: [] };

/** @param held in the order of their slots */
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

/** A text that only this very shard has, at this epoch. */
export function nameOfShard({ first, last, epoch }: ShardRange): string {
  return `${first}-${last}@${epoch}`;
}

/** Whether all slots of it are served, at epochs of which this holds. @param here those that share slots with it */
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

/** Those that share slots with the range. */
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
 * How many pieces are here. Undefined: the order serves some of it, or holds what is newer: then the configuration is
 * behind. What it holds of earlier epochs, the first piece takes the place of.
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

/** A shard goes on to another order only from where it is whole: with a later epoch it has arrived, too. */
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
