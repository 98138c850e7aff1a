import { describe, expect, test } from 'vitest';
import type { Call, ListCall, ListedPage, TransactionCall } from '../../src/client/contract.ts';
import type { CallResult } from '../../src/hosts/client-driver.ts';
import type { Transaction } from '../../src/hosts/key-value-contract.ts';
import { ListCalls } from '../../src/hosts/list-calls.ts';
import { TransactionCalls } from '../../src/hosts/transaction-calls.ts';
import { encodingOf } from '../../src/hosts/values.ts';
import { formatVersionstamp } from '../../src/hosts/versionstamps.ts';
import { keyBytesOf, keyTextOf } from '../../src/store/key.ts';
import { asLogIndex, type LockId, parseId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { caught } from './store-in-node.ts';

interface Stored {
  readonly value: Uint8Array;
  readonly revision: number;
}

/** A store in memory with one slot, which decides transactions at once. */
class Shelf {
  readonly values = new Map<string, Stored>();
  readonly asked: TransactionCall[] = [];
  revision = 0;
  /** Called before each transaction is decided. */
  beforeCommit: () => void = () => undefined;
  readonly transactions: TransactionCalls;

  constructor() {
    const encoding = encodingOf('json');
    const request = async (call: Call) => this.#request(call);
    this.transactions = new TransactionCalls({
      request,
      lists: new ListCalls({ request, encoding, partition: () => [], newLock: () => parseId<LockId>('a'.repeat(32)) }),
      encoding,
    });
  }

  put(key: string, json: string): void {
    this.revision += 1;
    this.values.set(key, { value: new TextEncoder().encode(json), revision: this.revision });
  }

  json(key: string): string | undefined {
    const stored = this.values.get(key);
    return stored && new TextDecoder().decode(stored.value);
  }

  #request(call: Call): CallResult {
    if (call.kind === 'get') {
      const stored = this.values.get(keyTextOf(call.key));
      if (stored === undefined) return { kind: 'missing' };
      return { kind: 'value', value: stored.value, versionstamp: { generation: 0, revision: stored.revision } };
    }
    if (call.kind === 'list') return this.#page(call);
    if (call.kind !== 'transaction') throw new Error(call.kind);
    this.asked.push(call);
    this.beforeCommit();
    const conflicts = call.checks.filter(
      ({ key, versionstamp }) => this.values.get(keyTextOf(key))?.revision !== versionstamp?.revision,
    );
    const isPhantom = call.revisions.some(({ revision }) => revision !== this.revision);
    if (conflicts.length > 0 || isPhantom) return { kind: 'rejected', conflicts: conflicts.map(({ key }) => key) };
    for (const write of call.writes) {
      if (write.kind === 'delete') this.values.delete(keyTextOf(write.key));
      else this.put(keyTextOf(write.key), new TextDecoder().decode(write.value));
    }
    return { kind: 'committed' };
  }

  #page({ from, to }: ListCall): ListedPage {
    const [low, high] = [from && keyTextOf(from), to && keyTextOf(to)];
    const entries = [...this.values]
      .filter(([key]) => (low === undefined || key >= low) && (high === undefined || key < high))
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, { value, revision }]) => ({
        key: keyBytesOf(key),
        value,
        versionstamp: { generation: 0, revision },
      }));
    return { kind: 'page', entries, next: undefined, revision: this.revision, index: asLogIndex(1), covered: [] };
  }
}

/** Calls a method with arguments of any types, as plain JavaScript can. */
function callUntyped(target: object, method: string, given: readonly unknown[]): unknown {
  const called: unknown = Reflect.get(target, method);
  if (typeof called !== 'function') throw new Error(method);
  return Reflect.apply(called, target, given);
}

async function keysOf(transaction: Transaction, options: Parameters<Transaction['list']>[0]): Promise<unknown[]> {
  const keys: unknown[] = [];
  for await (const { key, value } of transaction.list(options)) keys.push([key, value]);
  return keys;
}

describe('atomic()', () => {
  test('performs its writes if all checks hold, and names the keys whose checks fail', async () => {
    const shelf = new Shelf();
    shelf.put('a', '1');
    const versionstamp = formatVersionstamp({ generation: 0, revision: 1 });
    const { transactions } = shelf;
    const first = transactions.atomic().check('a', versionstamp).check('b', null).put('a', 2).put('b', { x: 1 });
    expect(await first.commit()).toEqual({ ok: true });
    expect([shelf.json('a'), shelf.json('b')]).toEqual(['2', '{"x":1}']);
    const second = transactions.atomic().check('a', versionstamp).check('b', null).delete('a');
    expect(await second.commit()).toEqual({ ok: false, conflicts: ['a', 'b'] });
    expect(shelf.json('a')).toBe('2');
  });

  test('is used once, and checks its arguments at once', async () => {
    const { transactions } = new Shelf();
    const transaction = transactions.atomic().put('a', 1);
    await transaction.commit();
    expect(() => transaction.put('b', 2)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(await caught(transaction.commit())).toMatchObject({ code: 'INVALID_ARGUMENT' });
    for (const wrong of ['', 'no version', undefined, 7]) {
      const atomic = transactions.atomic();
      expect((): unknown => callUntyped(atomic, 'check', ['a', wrong])).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
    expect(() => transactions.atomic().put('', 1)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => transactions.atomic().put('a', () => 1)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('transact()', () => {
  test('commits what its function read and wrote, and resolves to the result of the function', async () => {
    const shelf = new Shelf();
    shelf.put('n', '41');
    const result = await shelf.transactions.transact(async (tx) => {
      const n = Number(await tx.get('n'));
      tx.put('n', n + 1);
      tx.delete('other');
      return [n, await tx.get('n'), await tx.get('other')];
    });
    expect(result).toEqual([41, 42, undefined]);
    expect(shelf.json('n')).toBe('42');
    expect(shelf.asked).toHaveLength(1);
  });

  test('runs its function again after a conflict, up to a limit', async () => {
    const shelf = new Shelf();
    shelf.put('n', '1');
    let conflicts = 3;
    shelf.beforeCommit = () => {
      conflicts -= 1;
      if (conflicts >= 0) shelf.put('n', '10');
    };
    await shelf.transactions.transact(async (tx) => tx.put('n', Number(await tx.get('n')) + 1));
    expect(shelf.json('n')).toBe('11');
    expect(shelf.asked).toHaveLength(4);
    shelf.beforeCommit = () => shelf.put('n', '0');
    const error = await caught(shelf.transactions.transact(async (tx) => tx.put('n', Number(await tx.get('n')) + 1)));
    expect(error).toMatchObject({ code: 'CONFLICT', effect: 'none' });
    expect(shelf.asked).toHaveLength(4 + LIMITS.transactions.runs);
  });

  test('many increments at once all take effect', async () => {
    const shelf = new Shelf();
    const increment = async (tx: Transaction): Promise<void> => tx.put('n', Number((await tx.get('n')) ?? 0) + 1);
    await Promise.all(Array.from({ length: 100 }, () => shelf.transactions.transact(increment)));
    expect(shelf.json('n')).toBe('100');
  });

  test('passes on the error of its function, and changes nothing', async () => {
    const shelf = new Shelf();
    const thrown = new Error('of the application');
    const run = shelf.transactions.transact((tx) => {
      tx.put('n', 1);
      throw thrown;
    });
    await expect(run).rejects.toBe(thrown);
    expect(shelf.asked).toEqual([]);
  });

  test('reads a key once, and sees its own writes in lists under a hash tag', async () => {
    const shelf = new Shelf();
    for (const at of [1, 2, 3]) shelf.put(`{t}/${at}`, `${at}`);
    const { transactions } = shelf;
    const seen = await transactions.transact(async (tx) => {
      const before = await keysOf(tx, { prefix: '{t}/', limit: 2 });
      tx.delete('{t}/1');
      tx.put('{t}/0', 'zero');
      tx.put('{t}/2', 'two');
      return [
        before,
        await keysOf(tx, { prefix: '{t}/', limit: 2 }),
        await keysOf(tx, { prefix: '{t}/', reverse: true }),
      ];
    });
    const after = [
      ['{t}/0', 'zero'],
      ['{t}/2', 'two'],
      ['{t}/3', 3],
    ];
    expect(seen[0]).toEqual([
      ['{t}/1', 1],
      ['{t}/2', 2],
    ]);
    expect(seen[1]).toEqual(after.slice(0, 2));
    expect(seen[2]).toEqual(after.toReversed());
    expect(shelf.asked.at(-1)?.revisions).toHaveLength(1);
  });

  test('a key that another call adds under a listed hash tag makes the function run again', async () => {
    const shelf = new Shelf();
    shelf.put('{t}/1', '1');
    shelf.beforeCommit = () => {
      if (shelf.asked.length === 1) shelf.put('{t}/2', '2');
    };
    const count = await shelf.transactions.transact(async (tx) => {
      const { length } = await keysOf(tx, { prefix: '{t}/' });
      tx.put('{t}/count', length);
      return length;
    });
    expect(count).toBe(2);
  });

  test('refuses a list without a whole hash tag, calls after its end, and no function', async () => {
    const { transactions } = new Shelf();
    const listing = transactions.transact(async (tx) => await keysOf(tx, { prefix: 'todo/' }));
    expect(await caught(listing)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    const late = await transactions.transact((tx) => tx);
    expect(() => late.put('a', 1)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    const wrong = callUntyped(transactions, 'transact', ['no function']);
    expect(await caught(Promise.resolve(wrong))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
