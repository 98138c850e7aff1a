/** One order of a fleet, with its store and its plain model. */
import { expect } from 'vitest';
import { KEY_VALUE } from '../../src/store/registry.ts';
import { KeyValueStore } from '../../src/store/key-value-store.ts';
import { assert } from '../../src/wire/assertion.ts';
import { asSlot } from '../../src/wire/identifiers.ts';
import { decodeStateChunk, StateChunkWriter } from '../../src/wire/records/state-chunk-codec.ts';
import { MovingModel } from './moving-model.ts';
import { bytesOf } from './scribe.ts';
import { shardOf, ZONES, zoneOfKey } from './zones.ts';

export class OrderInFleet {
  store: KeyValueStore;
  readonly model: MovingModel;
  logTimeMs = 0;
  index = 0;

  constructor(zones: readonly number[]) {
    const shards = zones.length === 0 ? [] : [shardOf(Math.min(...zones), Math.max(...zones), 1)];
    this.store = KeyValueStore.create({ shards, generation: 0 });
    this.model = new MovingModel(ZONES.map((_, zone) => zones.includes(zone)));
  }

  restart(): void {
    const pieces = [...this.store.chunks()];
    const digest = this.store.digest();
    const restoration = KEY_VALUE.restoration();
    for (const piece of pieces) restoration.add(piece);
    const restored = restoration.finish();
    assert(restored instanceof KeyValueStore, 'a store comes back as one');
    expect(restored.digest()).toBe(digest);
    expect([...restored.chunks()]).toEqual(pieces);
    expect(restored.shards.held()).toEqual(this.store.shards.held());
    expect(restored.statistics()).toEqual(this.store.statistics());
    this.store = restored;
  }
}

/** The result of a read: the value, undefined for a missing key, or the code of a refusal. */
export function valueOf(store: KeyValueStore, key: string, shardEpoch: number): string | undefined {
  const slot = asSlot(ZONES[zoneOfKey(key)]?.slot ?? 0);
  const result = store.read({ kind: 'read', slot, shardEpoch, key: bytesOf(key) });
  if (result.kind === 'refused') return result.code;
  return result.kind === 'value' ? Buffer.from(result.value).toString() : undefined;
}

export function isActive(store: KeyValueStore, zone: number): boolean {
  const { first, last } = ZONES[zone] ?? { first: 0, last: 0 };
  return store.shards.held().some((held) => {
    return held.shardState.kind === 'active' && held.first <= last && first <= held.last;
  });
}

/** Splits the items into many small pieces, because a shard with a few short values has only one piece. */
export function repacked(pieces: Iterable<Uint8Array>): readonly Uint8Array[] {
  const writer = new StateChunkWriter();
  const small: Uint8Array[] = [];
  for (const item of [...pieces].flatMap((piece) => decodeStateChunk(piece))) {
    if (writer.bytes > 40) small.push(writer.take());
    writer.add(item);
  }
  if (writer.bytes > 0) small.push(writer.take());
  return small;
}
