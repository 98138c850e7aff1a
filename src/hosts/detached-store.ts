import type { ClusterAdministration, Shardbearer } from './contract.ts';

/**
 * The same store as a frozen object of functions. Its methods work without their receiver: applications take them out of
 * the store (`const { get, put } = store`), and frameworks call them on a proxy of it, which has no private fields.
 */
export function detachedStore<Value extends string | Uint8Array>(store: Shardbearer<Value>): Shardbearer<Value> {
  return Object.freeze<Shardbearer<Value>>({
    secret: store.secret,
    administration: detachedAdministration(store.administration),
    get: (key, options) => store.get(key, options),
    put: (key, value, options) => store.put(key, value, options),
    append: (key, value, options) => store.append(key, value, options),
    delete: (key, options) => store.delete(key, options),
    view: () => store.view(),
    onView: (listener) => store.onView(listener),
    ready: (options) => store.ready(options),
    close: () => store.close(),
    leave: (options) => store.leave(options),
  });
}

function detachedAdministration(administration: ClusterAdministration): ClusterAdministration {
  return Object.freeze<ClusterAdministration>({
    configuration: (number, options) => administration.configuration(number, options),
    join: (member, options) => administration.join(member, options),
    leave: (radiant, options) => administration.leave(radiant, options),
    move: (place, order, options) => administration.move(place, order, options),
    fracture: (place, options) => administration.fracture(place, options),
    consolidate: (place, options) => administration.consolidate(place, options),
  });
}
