import type { ClientId } from '../wire/identifiers.ts';
import type { StateItem } from '../wire/records/state-chunk.ts';
import { EMPTY_HASH, feedNumbers, type Hash } from './hash.ts';
import type { KeptSessions } from './kept-sessions.ts';
import { itemsOfSlot } from './slot-items.ts';
import type { SlotState } from './slot-state.ts';
import { hashOfSlots } from './slot-table.ts';

/** The sessions and slots of a shard that is not served. */
export interface ShardContents {
  readonly sessions: KeptSessions;
  readonly slots: readonly SlotState[];
}

export function hashOfContents({ sessions, slots }: ShardContents): Hash {
  return [sessions.hash(), hashOfSlots(slots)].reduce(
    (hash, { low, high }) => feedNumbers(hash, low, high),
    EMPTY_HASH,
  );
}

/**
 * Yields the items in a deterministic order.
 * @param before sessions that the reader already knows
 */
export function* itemsOfContents({ sessions, slots }: ShardContents, before: KeptSessions): Generator<StateItem> {
  yield* sessions.itemsAfter(before);
  const numbers = new Map<ClientId, number>(sessions.clients().map((client, number) => [client, number]));
  for (const slot of slots) yield* itemsOfSlot(slot, numbers);
}
