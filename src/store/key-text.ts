/** Keys as text, which maps can compare faster than bytes. */
import BTree, { simpleComparator } from 'sorted-btree';

/** Key bytes as text with one character per byte. The texts are equal and ordered like the bytes. */
export type KeyText = string;

export function keyTextOf(key: Uint8Array): KeyText {
  return String.fromCharCode(...key);
}

export function keyBytesOf(text: KeyText): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** A map in byte order of its keys. `clone()` copies nothing until one of the two maps changes. */
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
