import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { bytesOf, Scribe } from './scribe.ts';

describe('values:', () => {
  test('a put overwrites, an append extends, an append to a missing key is a put, a delete removes', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    expect(scribe.get('k')).toBeUndefined();
    expect(scribe.append('ann', 1, 'k', 'a')).toMatchObject({ kind: 'written', existed: false });
    expect(scribe.append('ann', 2, 'k', 'b')).toMatchObject({ kind: 'written', existed: true });
    expect(scribe.get('k')).toBe('ab');
    expect(scribe.put('ann', 3, 'k', 'c')).toMatchObject({ existed: true });
    expect(scribe.get('k')).toBe('c');
    expect(scribe.delete('ann', 4, 'k')).toMatchObject({ kind: 'written', existed: true });
    expect(scribe.get('k')).toBeUndefined();
    expect(scribe.delete('ann', 5, 'k')).toMatchObject({ kind: 'written', existed: false });
  });

  test('an empty value is a value', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.put('ann', 1, 'k', '');
    expect(scribe.get('k')).toBe('');
  });

  test('a versionstamp grows with every write to the slot, and survives the delete of the key', () => {
    const scribe = new Scribe({ generation: 7 });
    scribe.open('ann');
    expect(scribe.put('ann', 1, '{t}a', '1')).toMatchObject({ versionstamp: { generation: 7, revision: 1 } });
    expect(scribe.delete('ann', 2, '{t}a')).toMatchObject({ versionstamp: { generation: 7, revision: 2 } });
    expect(scribe.put('ann', 3, '{t}a', '2')).toMatchObject({ versionstamp: { generation: 7, revision: 3 } });
    expect(scribe.put('ann', 4, '{t}b', '2')).toMatchObject({ versionstamp: { generation: 7, revision: 4 } });
    expect(scribe.put('ann', 5, '{other}', '2')).toMatchObject({ versionstamp: { generation: 7, revision: 1 } });
  });

  test('a condition compares the version of the key, and a conflict carries the current entry', () => {
    const scribe = new Scribe({ generation: 7 });
    scribe.open('ann');
    const missing = { versionstamp: undefined };
    expect(scribe.put('ann', 1, 'k', 'a', { condition: missing })).toMatchObject({ kind: 'written', existed: false });
    const current = { value: bytesOf('a'), versionstamp: { generation: 7, revision: 1 } };
    expect(scribe.put('ann', 2, 'k', 'b', { condition: missing })).toEqual({ kind: 'conflict', current });
    const otherGeneration = { versionstamp: { generation: 6, revision: 1 } };
    expect(scribe.append('ann', 3, 'k', 'b', { condition: otherGeneration })).toEqual({ kind: 'conflict', current });
    const { versionstamp } = current;
    expect(scribe.append('ann', 4, 'k', 'b', { condition: { versionstamp } })).toMatchObject({ kind: 'written' });
    expect(scribe.get('k')).toBe('ab');
    expect(scribe.delete('ann', 5, 'k', { condition: { versionstamp } })).toMatchObject({ kind: 'conflict' });
    expect(scribe.get('k')).toBe('ab');
  });

  test('a conflict stays a conflict when it is repeated after its condition is met, and shows the entry of now', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.put('ann', 1, 'k', 'a');
    const condition = { versionstamp: undefined };
    expect(scribe.put('ann', 2, 'k', 'b', { condition })).toMatchObject({ kind: 'conflict' });
    scribe.delete('ann', 3, 'k');
    expect(scribe.put('ann', 2, 'k', 'b', { condition })).toEqual({ kind: 'conflict', current: undefined });
    expect(scribe.get('k')).toBeUndefined();
  });

  test('an element is added to a JSON array, or begins one, and anything else refuses it for good', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.appendElement('ann', 1, 'k', '{"a":1}');
    scribe.appendElement('ann', 2, 'k', '"b"');
    expect(scribe.get('k')).toBe('[{"a":1},"b"]');
    scribe.put('ann', 3, 'k', '[]');
    scribe.appendElement('ann', 4, 'k', '7');
    expect(scribe.get('k')).toBe('[7]');
    for (const [at, other] of ['', '[', ']', '{}', '"text"'].entries()) {
      scribe.put('ann', 5 + 2 * at, 'k', other);
      expect(scribe.appendElement('ann', 6 + 2 * at, 'k', '7')).toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(scribe.get('k')).toBe(other);
    }
    scribe.put('ann', 20, 'k', '[]');
    expect(scribe.appendElement('ann', 6, 'k', '7')).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test.each(['[ ]', '[\n]', '[\t\r ]'])('an element is the first one of the empty array %j', (empty) => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.put('ann', 1, 'k', empty);
    scribe.appendElement('ann', 2, 'k', '7');
    scribe.appendElement('ann', 3, 'k', '8');
    expect(JSON.parse(scribe.get('k') ?? '')).toEqual([7, 8]);
  });

  test('an append beyond the limit stays refused when it is repeated after there is room', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.put('ann', 1, 'k', 'x'.repeat(LIMITS.messages.valueBytes));
    expect(scribe.append('ann', 2, 'k', 'y')).toMatchObject({ kind: 'refused', code: 'VALUE_TOO_LARGE' });
    scribe.delete('ann', 3, 'k');
    expect(scribe.append('ann', 2, 'k', 'y')).toMatchObject({ kind: 'refused', code: 'VALUE_TOO_LARGE' });
    expect(scribe.get('k')).toBeUndefined();
  });
});

describe('exactly once (design, rule 13):', () => {
  test('a repeated command returns the same outcome without effect', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    const first = scribe.append('ann', 1, 'k', 'a');
    scribe.append('ann', 2, 'k', 'b');
    expect(scribe.append('ann', 1, 'k', 'a')).toEqual(first);
    expect(scribe.get('k')).toBe('ab');
  });

  test('a finished command is refused, and its outcome is removed', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.append('ann', 1, 'k', 'a');
    scribe.append('ann', 2, 'k', 'b');
    scribe.append('ann', 3, 'other', 'c', { finishedThrough: 2 });
    expect(scribe.store.statistics().outcomes).toBe(1);
    expect(scribe.append('ann', 1, 'k', 'a')).toMatchObject({ kind: 'refused', code: 'STALE_REQUEST' });
    expect(scribe.append('ann', 2, 'k', 'b')).toMatchObject({ kind: 'refused', code: 'STALE_REQUEST' });
    expect(scribe.get('k')).toBe('ab');
  });

  test('commands of one client may overtake each other', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.append('ann', 2, 'k', 'b');
    scribe.append('ann', 1, 'k', 'a');
    expect(scribe.get('k')).toBe('ba');
  });

  test('a client without a session is refused, and a command never opens one', () => {
    const scribe = new Scribe();
    expect(scribe.put('ann', 1, 'k', 'v')).toMatchObject({ kind: 'refused', code: 'UNKNOWN_SESSION' });
    expect(scribe.put('ann', 1, 'k', 'v')).toMatchObject({ kind: 'refused', code: 'UNKNOWN_SESSION' });
    expect(scribe.get('k')).toBeUndefined();
  });

  test('opening a session again keeps its outcomes', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    const first = scribe.append('ann', 1, 'k', 'a');
    expect(scribe.open('ann')).toEqual({ kind: 'session-opened' });
    expect(scribe.append('ann', 1, 'k', 'a')).toEqual(first);
    expect(scribe.get('k')).toBe('a');
  });

  test('an unused session expires in log time with its outcomes; a used one does not', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.open('bob');
    scribe.put('ann', 1, 'k', 'a');
    scribe.logTimeMs = TIMES.client.sessionExpiryMs - 1;
    scribe.put('bob', 1, 'k', 'b');
    scribe.logTimeMs = TIMES.client.sessionExpiryMs;
    expect(scribe.put('bob', 2, 'k', 'c')).toMatchObject({ kind: 'written' });
    expect(scribe.put('ann', 1, 'k', 'a')).toMatchObject({ kind: 'refused', code: 'UNKNOWN_SESSION' });
    expect(scribe.store.statistics()).toMatchObject({ sessions: 1, outcomes: 2 });
  });

  test('log time never decreases', () => {
    const scribe = new Scribe();
    scribe.logTimeMs = 5_000;
    scribe.open('ann');
    scribe.logTimeMs = 3_000;
    scribe.put('ann', 1, 'k', 'v');
    expect(scribe.store.logTimeMs).toBe(5_000);
  });

  test('a sequence number that was used for another key is refused', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    scribe.put('ann', 1, 'k', 'v');
    expect(scribe.put('ann', 1, 'other', 'v')).toMatchObject({ kind: 'refused', code: 'INVALID_ARGUMENT' });
    expect(scribe.get('other')).toBeUndefined();
  });
});

describe('limits:', () => {
  test('a client with too many unfinished commands is refused until it finishes some', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    for (let sequence = 1; sequence <= LIMITS.herald.sessionOutcomes; sequence++) scribe.put('ann', sequence, 'k', 'v');
    const next = LIMITS.herald.sessionOutcomes + 1;
    expect(scribe.put('ann', next, 'k', 'w')).toMatchObject({ kind: 'refused', code: 'OVERLOADED' });
    expect(scribe.put('ann', next, 'k', 'w', { finishedThrough: 1 })).toMatchObject({ kind: 'written' });
    expect(scribe.store.statistics().outcomes).toBe(LIMITS.herald.sessionOutcomes);
  });

  test('sessions beyond the limit are refused until unused ones expire', () => {
    const scribe = new Scribe();
    for (let number = 0; number < LIMITS.herald.sessions; number++) scribe.open(`client ${number}`);
    expect(scribe.open('one more')).toMatchObject({ kind: 'refused', code: 'OVERLOADED' });
    scribe.logTimeMs = TIMES.client.sessionExpiryMs;
    expect(scribe.open('one more')).toEqual({ kind: 'session-opened' });
    expect(scribe.store.statistics().sessions).toBe(1);
  });
});

describe('ownership (design, rule 10):', () => {
  test('a slot of another order, or at another epoch, is neither read nor written', () => {
    const scribe = new Scribe({ shards: [[0, 8_000, 3]] });
    scribe.open('ann');
    // The slot of 'bar' is 5,061. The slot of 'foo' is 12,182.
    expect(scribe.put('ann', 1, 'bar', 'v', { shardEpoch: 3 })).toMatchObject({ kind: 'written' });
    expect(scribe.put('ann', 2, 'bar', 'w', { shardEpoch: 2 })).toMatchObject({ code: 'WRONG_SHARD' });
    expect(scribe.put('ann', 3, 'bar', 'w', { shardEpoch: 4 })).toMatchObject({ code: 'WRONG_SHARD' });
    expect(scribe.put('ann', 4, 'foo', 'w', { shardEpoch: 3 })).toMatchObject({ code: 'WRONG_SHARD' });
    expect(scribe.read('bar', { shardEpoch: 3 })).toMatchObject({ kind: 'value' });
    expect(scribe.read('bar', { shardEpoch: 4 })).toMatchObject({ code: 'WRONG_SHARD' });
    expect(scribe.read('foo', { shardEpoch: 3 })).toMatchObject({ code: 'WRONG_SHARD' });
  });

  test('a refusal for the wrong shard is not kept, so the owner accepts the command', () => {
    const scribe = new Scribe({ shards: [[0, 8_000, 3]] });
    scribe.open('ann');
    expect(scribe.put('ann', 1, 'bar', 'v', { shardEpoch: 2 })).toMatchObject({ code: 'WRONG_SHARD' });
    expect(scribe.put('ann', 1, 'bar', 'v', { shardEpoch: 3 })).toMatchObject({ kind: 'written' });
  });

  test('a key with the slot of another key is refused', () => {
    const scribe = new Scribe();
    scribe.open('ann');
    expect(scribe.put('ann', 1, 'bar', 'v', { slot: 5_062 })).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(scribe.read('bar', { slot: 5_062 })).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
