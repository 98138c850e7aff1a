/**
 * `sorted-btree` is CommonJS with an `exports.default`: by Node's rules, which bundlers follow for this package,
 * its default import is that `exports` object, by older rules the class itself.
 */
import Imported from 'sorted-btree';

type BTreeClass = typeof Imported;

const nested: unknown = Reflect.get(Imported, 'default');

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the package's types describe the class in both cases
export const BTree: BTreeClass = nested === undefined ? Imported : (nested as BTreeClass);
export type BTree<Key, Value> = Imported<Key, Value>;
