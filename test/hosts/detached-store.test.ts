import { expect, test } from 'vitest';
import type { Shardbearer } from '../../src/hosts/contract.ts';
import type { BrowserStore } from '../../src/hosts/browser/browser-store.ts';
import { detachedStore } from '../../src/hosts/browser/detached-store.ts';

/**
 * An object whose methods return their arguments. They throw without their receiver, as methods with private fields do.
 */
function strict(fields: object): object {
  const owner: object = new Proxy(fields, {
    get(_target, name): unknown {
      if (name in fields) return Reflect.get(fields, name);
      return function method(this: unknown, ...given: unknown[]) {
        if (this !== owner) throw new TypeError('an object whose class did not declare it');
        return [name, ...given];
      };
    },
  });
  return owner;
}

function detached(): Shardbearer {
  const [calls, lists, transactions] = [strict({}), strict({}), strict({})];
  const [watches, machines, administration] = [strict({}), strict({}), strict({})];
  const parts = { calls, lists, transactions, watches, machines, administration };
  const fields = { secret: 'secret', status: { kind: 'live' }, ...parts };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has every method, by its proxy
  return detachedStore(strict(fields) as BrowserStore);
}

/** Calls every function of an object without its receiver, with three arguments. */
function callAll(object: object): unknown[] {
  const results: unknown[] = [];
  for (const method of Object.values<unknown>({ ...object })) {
    if (isFunction(method)) results.push(Reflect.apply(method, undefined, [1, 2, 3]));
  }
  return results;
}

function isFunction(value: unknown): value is (...given: readonly number[]) => unknown {
  return typeof value === 'function';
}

test('every method works without its receiver and passes on its arguments', () => {
  expect(callAll(detached())).toEqual([
    ['get', 1, 2, 3],
    ['entry', 1, 2, 3],
    ['getMany', 1, 2, 3],
    ['list', 1, 2, 3],
    ['watch', 1, 2, 3],
    ['put', 1, 2, 3],
    ['append', 1, 2, 3],
    ['delete', 1, 2, 3],
    ['atomic', 1, 2, 3],
    ['transact', 1, 2, 3],
    ['machine', 1, 2, 3],
    ['onStatus', 1, 2, 3],
    ['view', 1, 2, 3],
    ['onView', 1, 2, 3],
    ['ready', 1, 2, 3],
    ['close', 1, 2, 3],
    ['leave', 1, 2, 3],
  ]);
  expect(callAll(detached().administration)).toEqual([
    ['configuration', 1, 2, 3],
    ['join', 1, 2, 3],
    ['leave', 1, 2, 3],
    ['move', 1, 2, 3],
    ['fracture', 1, 2, 3],
    ['consolidate', 1, 2, 3],
  ]);
});

test('the end of a block closes the store', async () => {
  expect(await Reflect.get(detached(), Symbol.asyncDispose)()).toEqual(['close']);
});

test('a framework that skips frozen objects leaves the store as it is, and one that wraps it changes nothing', () => {
  const store = detached();
  expect([store, store.administration].every((part) => Object.isFrozen(part))).toBe(true);
  expect(callAll(new Proxy(store, {}))).toHaveLength(17);
  expect(callAll({ ...store })).toHaveLength(17);
});
