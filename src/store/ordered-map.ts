import BTree, { simpleComparator } from 'sorted-btree';
import type { KeyText } from './key.ts';

/** A map in byte order of its keys. A copy by `clone()` shares all data until one of the two maps changes. */
export type OrderedMap<Value, Key extends string = KeyText> = BTree<Key, Value>;

export function createOrderedMap<Value, Key extends string = KeyText>(): OrderedMap<Value, Key> {
  return new Constructor<Key, Value>(undefined, simpleComparator);
}

/**
 * Finds the constructor in the imported module. The package is CommonJS. Node imports the whole module as the default,
 * and bundlers import its default export.
 */
function constructorIn(imported: typeof BTree | { readonly default: typeof BTree }): typeof BTree {
  return typeof imported === 'function' ? imported : imported.default;
}

const Constructor = constructorIn(BTree);
