import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assert } from '../../src/wire/assertion.ts';
import { KeyValueStore } from '../../src/store/key-value-store.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { ClientEntry } from '../../src/wire/entries/command.ts';
import { decodeEntry, encodeEntry } from '../../src/wire/entries/entry-codec.ts';
import { asLogIndex, asSequenceNumber, asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { history, KEYS } from './history.ts';
import { ReferenceModel } from './reference-model.ts';
import { bytesOf, clientNamed, Scribe } from './scribe.ts';

const RUNS = { numRuns: 500 };

function createStore(): KeyValueStore {
  const shards = [{ first: asSlot(0), last: asSlot(SLOT_COUNT - 1), epoch: 1 }];
  return KeyValueStore.create({ generation: 0, shards });
}

function applyAll(store: KeyValueStore, log: readonly ClientEntry[]): KeyValueStore {
  const base = store.appliedIndex;
  for (const [at, entry] of log.entries()) store.apply(entry, asLogIndex(base + at + 1));
  return store;
}

function reread(entry: ClientEntry): ClientEntry {
  const read = decodeEntry(encodeEntry(entry));
  assert(read.kind === 'command' || read.kind === 'open-session', 'an entry keeps its kind');
  return read;
}

function contentsOf(store: KeyValueStore): Record<string, string | undefined> {
  const valueOf = (key: string) => {
    const result = store.read({ kind: 'read', slot: slotOfKey(bytesOf(key)), shardEpoch: 1, key: bytesOf(key) });
    return result.kind === 'value' ? Buffer.from(result.value).toString() : undefined;
  };
  return Object.fromEntries(KEYS.map((key) => [key, valueOf(key)]));
}

test('every entry of every history has the result and state of the plain model', () => {
  fc.assert(
    fc.property(history(60), (log) => {
      const store = createStore();
      const model = new ReferenceModel();
      for (const [at, entry] of log.entries()) {
        expect(store.apply(entry, asLogIndex(at + 1))).toMatchObject(model.apply(entry));
      }
      expect(contentsOf(store)).toEqual(Object.fromEntries(KEYS.map((key) => [key, model.values.get(key)])));
      expect(store.statistics()).toMatchObject({
        keys: model.values.size,
        outcomes: model.outcomes,
        sessions: model.sessions.size,
      });
    }),
    RUNS,
  );
});

test('a token is written at most once while the session lives', () => {
  fc.assert(
    fc.property(history(60), (log) => {
      const timeless = log.map((entry) => ({ ...entry, logTimeMs: 0 }));
      for (const value of Object.values(contentsOf(applyAll(createStore(), timeless)))) {
        const tokens = (value ?? '').split(';').slice(0, -1);
        expect(new Set(tokens).size).toBe(tokens.length);
      }
    }),
    RUNS,
  );
});

test('a digest does not depend on how often it was asked for before', () => {
  fc.assert(
    fc.property(history(60), (log) => {
      const asked = createStore();
      for (const entry of log) {
        applyAll(asked, [entry]);
        asked.digest();
      }
      expect(asked.digest()).toBe(applyAll(createStore(), log).digest());
    }),
    RUNS,
  );
});

test('replicas that applied the same entries have the same digest, also after a log round trip', () => {
  fc.assert(
    fc.property(history(60), (log) => {
      const again = log.map((entry) => reread(entry));
      expect(applyAll(createStore(), again).digest()).toBe(applyAll(createStore(), log).digest());
    }),
    RUNS,
  );
});

test('a clone is unaffected by its original and catches up to the same digest', () => {
  fc.assert(
    fc.property(history(40), history(40), (before, after) => {
      const original = applyAll(createStore(), before);
      const clone = original.clone();
      const digest = original.digest();
      const contents = contentsOf(original);
      applyAll(original, after);
      expect(clone.digest()).toBe(digest);
      expect(contentsOf(clone)).toEqual(contents);
      expect(clone.statistics()).toEqual(applyAll(createStore(), before).statistics());
      const originalDigest = original.digest();
      expect(applyAll(clone, after).digest()).toBe(originalDigest);
      expect(original.digest()).toBe(originalDigest);
    }),
    RUNS,
  );
});

test('the digest depends on the state, not on the order of independent clients', () => {
  const clients = [
    { name: 'ann', key: 'a' },
    { name: 'bob', key: 'd' },
    { name: 'cy', key: 'e' },
  ];
  const turns = fc.array(fc.nat(clients.length - 1), { maxLength: 40, size: 'max' });
  const run = (order: readonly number[]) => {
    const scribe = new Scribe();
    const sequences = clients.map(() => 0);
    for (const { name } of clients) scribe.open(name);
    for (const turn of order) {
      const { name, key } = clients[turn] ?? { name: '', key: '' };
      const sequence = (sequences[turn] ?? 0) + 1;
      sequences[turn] = sequence;
      const finishedThrough = Math.max(0, sequence - 3);
      // These commands have no effect but their outcomes. Changes have positions, so their order is part of the state.
      const condition = { versionstamp: { generation: 9, revision: 9 } };
      if (sequence % 5 === 0) scribe.delete(name, sequence, key, { finishedThrough });
      else scribe.append(name, sequence, key, `${name}${sequence}`, { finishedThrough, condition });
    }
    return scribe.store.digest();
  };
  fc.assert(
    fc.property(turns, (order) => {
      expect(run(order.toSorted((left, right) => left - right))).toBe(run(order));
    }),
    RUNS,
  );
});

test('different states have different digests', () => {
  const base = () => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.put('ann', 1, 'k', 'v');
    return scribe;
  };
  const variants: ((scribe: Scribe) => void)[] = [
    () => undefined,
    (scribe) => scribe.put('ann', 2, 'k', 'v'),
    (scribe) => scribe.put('ann', 2, 'k', 'w'),
    (scribe) => scribe.append('ann', 2, 'k', '\0'),
    (scribe) => scribe.append('ann', 3, 'k', '\0'),
    (scribe) => scribe.put('ann', 2, 'l', 'v'),
    (scribe) => scribe.delete('ann', 2, 'k'),
    (scribe) => scribe.delete('ann', 2, 'l'),
    (scribe) => scribe.delete('ann', 2, 'l', { finishedThrough: 1 }),
    (scribe) => scribe.open('bob'),
    (scribe) => {
      scribe.logTimeMs = 1;
      scribe.put('bob', 1, 'k', 'v');
    },
  ];
  const digests = variants.map((vary) => {
    const scribe = base();
    vary(scribe);
    return scribe.store.digest();
  });
  digests.push(new Scribe().store.digest(), new Scribe({ generation: 1 }).store.digest());
  digests.push(
    new Scribe({ shards: [[0, 100, 1]] }).store.digest(),
    new Scribe({ shards: [[0, 100, 2]] }).store.digest(),
  );
  expect(new Set(digests).size).toBe(digests.length);
});

test('a client that finishes its commands leaves only its values in memory', () => {
  const scribe = new Scribe();
  scribe.open('ann');
  for (let sequence = 1; sequence <= 20_000; sequence++) {
    scribe.put('ann', sequence, `key ${sequence % 50}`, 'v', { finishedThrough: sequence - 1 });
  }
  expect(scribe.store.statistics()).toMatchObject({ keys: 50, sessions: 1, outcomes: 1 });
});

test('values do not keep their frame in memory', () => {
  const store = createStore();
  const frame = new Uint8Array(100_000);
  const key = bytesOf('k');
  const client = clientNamed('ann');
  const command = {
    sequence: asSequenceNumber(1),
    finishedThrough: asSequenceNumber(0),
    slot: slotOfKey(key),
    shardEpoch: 1,
    operation: { kind: 'put' as const, key, value: frame.subarray(10, 20) },
  };
  applyAll(store, [
    { kind: 'open-session', logTimeMs: 0, client },
    { kind: 'command', logTimeMs: 0, client, command },
  ]);
  const result = store.read({ kind: 'read', slot: slotOfKey(key), shardEpoch: 1, key });
  expect(result).toMatchObject({ kind: 'value' });
  expect(result.kind === 'value' && result.value.buffer.byteLength).toBe(10);
});
