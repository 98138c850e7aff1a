/** Lists of keys, page by page. */
import type { CurrentValue, List, ListedEntry, Page } from '../wire/frames/frame.ts';
import type { LogIndex, Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { keyBytesOf, type KeyText, keyTextOf } from './key.ts';
import { ShardMap } from './shard-map.ts';
import type { SlotTable } from './slot-table.ts';
import type { StoredValue } from './stored-value.ts';

/**
 * Reads one page. The caller has checked that all shards of the list are served. The page ends at the limit of entries,
 * bytes or examined keys, so that it costs the herald a bounded time.
 * @param index last applied entry of the order
 * @param nowMs log time from which remaining times are counted
 */
export function pageOf(slots: SlotTable, list: List, index: LogIndex, nowMs: number): Page {
  const shards = new ShardMap(list.shards);
  const entries: ListedEntry[] = [];
  const page = { kind: 'page', entries, revision: revisionOf(slots, list), index } as const;
  let [bytes, examined] = [0, 0];
  let lastKey: KeyText | undefined;
  for (const [key, slot] of keysWithin(slots, list)) {
    const isFull = entries.length === list.limit || bytes >= LIMITS.lists.pageBytes;
    if (lastKey !== undefined && (isFull || examined === LIMITS.lists.examinedKeys)) {
      return { ...page, next: boundAfter(lastKey, list.isReversed) };
    }
    lastKey = key;
    examined += 1;
    const stored = shards.find(slot) === undefined ? undefined : slots.get(slot)?.valueOf(key);
    if (stored === undefined) continue;
    entries.push({ key: keyBytesOf(key), ...valueAt(stored, nowMs) });
    bytes += key.length + stored.value.length;
  }
  return { ...page, next: undefined };
}

/** Returns a value as an answer has it. A key whose time is over, but which exists, has one millisecond left. */
export function valueAt({ value, versionstamp, expiresAtMs }: StoredValue, nowMs: number): CurrentValue {
  if (expiresAtMs === undefined) return { value, versionstamp };
  return { value, versionstamp, expiresInMs: Math.max(1, expiresAtMs - nowMs) };
}

/** Whether a transaction may be about to change a key that is in the range of the page. */
export function isLocked(slots: SlotTable, { shards, from, to, isReversed }: List, { next }: Page): boolean {
  if (slots.locked.size === 0) return false;
  const map = new ShardMap(shards);
  const low = textOfBound(isReversed ? (next ?? from) : from);
  const high = textOfBound(isReversed ? to : (next ?? to));
  for (const slot of slots.locked) {
    if (map.find(slot) === undefined) continue;
    for (const { writes } of slots.get(slot)?.locks?.locks() ?? []) {
      for (const { key } of writes) {
        const text = keyTextOf(key);
        if ((low === undefined || text >= low) && (high === undefined || text < high)) return true;
      }
    }
  }
  return false;
}

function textOfBound(bound: Uint8Array | undefined): KeyText | undefined {
  return bound && keyTextOf(bound);
}

/** The bound of the page that follows a page with this last key. */
function boundAfter(key: KeyText, isReversed: boolean): Uint8Array {
  return keyBytesOf(isReversed ? key : `${key}\0`);
}

function* keysWithin(slots: SlotTable, { from, to, isReversed }: List): Generator<readonly [KeyText, Slot]> {
  const [low, high] = [textOfBound(from), textOfBound(to)];
  // A reversed list begins below its upper bound, which is excluded.
  const keys = isReversed ? slots.keys.entriesReversed(high, undefined, true) : slots.keys.entries(low);
  for (const entry of keys) {
    const [key] = entry;
    if (isReversed ? low !== undefined && key < low : high !== undefined && key >= high) return;
    yield entry;
  }
}

/**
 * The revision of the slot of a list. 0 for a list of several slots. Two pages of one slot with equal revisions show
 * that no command changed the slot between them.
 */
function revisionOf(slots: SlotTable, { shards: [shard, ...others] }: List): number {
  if (shard === undefined || others.length > 0 || shard.first !== shard.last) return 0;
  return slots.get(shard.first)?.load.writes ?? 0;
}
