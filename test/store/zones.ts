/** The ring, divided into a few zones. Each zone contains the slots of a few keys. Orders move whole zones. */
import { slotOfKey } from '../../src/store/key.ts';
import type { ShardRange } from '../../src/wire/configuration/configuration.ts';
import { asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { bytesOf } from './scribe.ts';

interface Zone {
  readonly tag: string;
  readonly slot: number;
  readonly first: number;
  readonly last: number;
}

const bySlot = ['a', 'b', 'c', 'd', 'e', 'f']
  .map((tag) => ({ tag, slot: slotOfKey(bytesOf(tag)) }))
  .toSorted((left, right) => left.slot - right.slot);

export const ZONES: readonly Zone[] = bySlot.map(({ tag, slot }, at) => ({
  tag,
  slot,
  first: at === 0 ? 0 : slot,
  last: (bySlot[at + 1]?.slot ?? SLOT_COUNT) - 1,
}));

export const KEYS: readonly string[] = ZONES.flatMap(({ tag }) => [`{${tag}}1`, `{${tag}}2`]);

export function zoneOfSlot(slot: number): number {
  return ZONES.findIndex(({ first, last }) => first <= slot && slot <= last);
}

export function zoneOfKey(key: string): number {
  return Math.floor(KEYS.indexOf(key) / 2);
}

export function zonesOf(shard: ShardRange): readonly number[] {
  return ZONES.flatMap(({ first, last }, zone) => (shard.first <= first && last <= shard.last ? [zone] : []));
}

export function shardOf(firstZone: number, lastZone: number, epoch: number): ShardRange {
  return { first: asSlot(ZONES[firstZone]?.first ?? 0), last: asSlot(ZONES[lastZone]?.last ?? 0), epoch };
}
