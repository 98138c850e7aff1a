/** Measures the time that a herald's state machine takes for one page of a list, in this process. */
import { KeyValueStore } from '../../src/store/key-value-store.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { Operation } from '../../src/wire/entries/command.ts';
import {
  asLogIndex,
  asSequenceNumber,
  asSlot,
  type ClientId,
  parseId,
  SLOT_COUNT,
} from '../../src/wire/identifiers.ts';

const ALL = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1), epoch: 1 };
const CLIENT = parseId<ClientId>('0'.repeat(32));

export interface PagePlan {
  readonly keys: number;
  readonly pageEntries: number;
  readonly bytes: number;
  readonly count: number;
}

/** @returns one time for each page, from random places of the list */
export function measurePages({ keys, pageEntries, bytes, count }: PagePlan): readonly number[] {
  const store = KeyValueStore.create({ generation: 0, shards: [ALL] });
  store.apply({ kind: 'open-session', logTimeMs: 0, client: CLIENT }, asLogIndex(1));
  const value = new Uint8Array(bytes);
  for (let at = 0; at < keys; at++) put(store, at, { kind: 'put', key: keyAt(at), value });
  const read = (from: Uint8Array) =>
    store.read({ kind: 'list', shards: [ALL], from, to: undefined, isReversed: false, limit: pageEntries });
  // The first list builds the index, once for each herald.
  read(keyAt(0));
  return Array.from({ length: count }, (_, at) => {
    const from = keyAt((at * 7_919) % (keys - pageEntries));
    const beganMs = performance.now();
    const page = read(from);
    const tookMs = performance.now() - beganMs;
    if (page.kind !== 'page' || page.entries.length !== pageEntries) throw new Error('The page is not full.');
    return tookMs;
  });
}

function put(store: KeyValueStore, at: number, operation: Operation): void {
  const [sequence, finishedThrough] = [asSequenceNumber(at + 1), asSequenceNumber(at)];
  const command = { sequence, finishedThrough, slot: slotOfKey(operation.key), shardEpoch: 1, operation };
  store.apply({ kind: 'command', logTimeMs: 0, client: CLIENT, command }, asLogIndex(at + 2));
}

function keyAt(at: number): Uint8Array {
  return new TextEncoder().encode(`item ${String(at).padStart(6, '0')}`);
}
