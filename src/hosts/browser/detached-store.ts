/** The store as applications get it. */
import type { ClusterAdministration, Shardbearer } from '../contract.ts';
import type { KeyValueStore } from '../key-value-contract.ts';
import type { KeyValueCalls } from '../key-value-calls.ts';
import type { ListCalls } from '../list-calls.ts';
import type { TransactionCalls } from '../transaction-calls.ts';
import type { WatchCalls } from '../watch-calls.ts';
import type { BrowserStore } from './browser-store.ts';

/** Older browsers lack the symbol. Bundlers that translate `await using` for them use this other symbol. */
const ASYNC_DISPOSE = asSymbol(Reflect.get(Symbol, 'asyncDispose')) ?? Symbol.for('Symbol.asyncDispose');

/** The functions of a store whose values have no type. */
type UntypedStore = Omit<Shardbearer, keyof KeyValueStore | typeof Symbol.asyncDispose> & {
  readonly [Name in keyof KeyValueCalls]: KeyValueCalls[Name];
} & Pick<ListCalls, 'list'> &
  Pick<TransactionCalls, 'atomic' | 'transact'> &
  Pick<WatchCalls, 'watch'>;

/**
 * Returns the store as a frozen object of functions that work without their receiver. Applications destructure the
 * store, and frameworks call its methods on a proxy, which has no private fields.
 * @typeParam Value the type of values in the encoding of the store
 */
export function detachedStore<Value>(store: BrowserStore): Shardbearer<Value> {
  const { calls, lists, transactions, watches, machines } = store;
  const functions: UntypedStore = {
    secret: store.secret,
    administration: detachedAdministration(store.administration),
    get: calls.get.bind(calls),
    entry: calls.entry.bind(calls),
    getMany: calls.getMany.bind(calls),
    list: lists.list.bind(lists),
    watch: watches.watch.bind(watches),
    put: calls.put.bind(calls),
    append: calls.append.bind(calls),
    delete: calls.delete.bind(calls),
    atomic: transactions.atomic.bind(transactions),
    transact: transactions.transact.bind(transactions),
    machine: machines.machine.bind(machines),
    get status() {
      return store.status;
    },
    onStatus: store.onStatus.bind(store),
    view: store.view.bind(store),
    onView: store.onView.bind(store),
    ready: store.ready.bind(store),
    close: store.close.bind(store),
    leave: store.leave.bind(store),
  };
  // A copy of the object would replace the getter of the status by its value.
  const detached = Object.freeze(Object.defineProperty(functions, ASYNC_DISPOSE, { value: functions.close }));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the application knows what its encoding decodes to
  return detached as Shardbearer<Value>;
}

function asSymbol(value: unknown): symbol | undefined {
  return typeof value === 'symbol' ? value : undefined;
}

function detachedAdministration(administration: ClusterAdministration): ClusterAdministration {
  return Object.freeze<ClusterAdministration>({
    configuration: administration.configuration.bind(administration),
    join: administration.join.bind(administration),
    leave: administration.leave.bind(administration),
    move: administration.move.bind(administration),
    fracture: administration.fracture.bind(administration),
    consolidate: administration.consolidate.bind(administration),
  });
}
