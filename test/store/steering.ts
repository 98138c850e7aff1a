/** Writes log entries about shards and applies them to a store. */
import { expect } from 'vitest';
import type { StateMachine } from '../../src/store/contract.ts';
import { KEY_VALUE } from '../../src/store/registry.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { ShardEntry } from '../../src/wire/entries/command.ts';
import type { ShardRange } from '../../src/wire/configuration/configuration.ts';
import { asSlot, type OrderId, parseId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { bytesOf, type Scribe } from './scribe.ts';

export const OLD = parseId<OrderId>('a'.repeat(32));
export const NEW = parseId<OrderId>('b'.repeat(32));
export const LAST = SLOT_COUNT - 1;

export function shardOf(first: number, last: number, epoch: number): ShardRange {
  return { first: asSlot(first), last: asSlot(last), epoch };
}

/** A shard that contains the slot of the key, and `slots` further slots on both sides. */
export function shardAround(key: string, epoch: number, slots = 0): ShardRange {
  const slot = slotOfKey(bytesOf(key));
  return shardOf(Math.max(0, slot - slots), Math.min(LAST, slot + slots), epoch);
}

export type WithoutTime<Entry> = Entry extends unknown ? Omit<Entry, 'logTimeMs'> : never;

export function steer(scribe: Scribe, entry: WithoutTime<ShardEntry>) {
  return scribe.apply({ ...entry, logTimeMs: scribe.logTimeMs });
}

export function piecesOf(state: StateMachine, shard: ShardRange): readonly Uint8Array[] {
  return [...(state.shards?.pieces(shard) ?? [])];
}

export function install(scribe: Scribe, shard: ShardRange, pieces: readonly Uint8Array[], from = OLD) {
  return pieces.map((bytes, chunk) => {
    return steer(scribe, { kind: 'install', shard, from, chunk, isLast: chunk === pieces.length - 1, bytes });
  });
}

export function move(from: Scribe, to: Scribe, shard: ShardRange): void {
  expect(steer(from, { kind: 'freeze', shard, to: NEW })).toEqual({ kind: 'changed' });
  const results = install(to, shard, piecesOf(from.store, shard));
  for (const result of results) expect(result).toEqual({ kind: 'changed' });
  expect(steer(from, { kind: 'discard', shard })).toEqual({ kind: 'changed' });
}

export function restored(state: StateMachine): StateMachine {
  const restoration = KEY_VALUE.restoration();
  for (const chunk of state.clone().chunks()) restoration.add(chunk);
  return restoration.finish();
}

/** Checks that a state can be restored from its own pieces. */
export function checkRestored(state: StateMachine): void {
  const again = restored(state);
  expect(again.digest()).toBe(state.digest());
  expect([...again.chunks()]).toEqual([...state.chunks()]);
  expect(again.shards?.held()).toEqual(state.shards?.held());
  expect(again.statistics()).toEqual(state.statistics());
}
