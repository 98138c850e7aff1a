/** The compiler checks this file. The types of values follow from the encoding of the store or of the call. */
import type { Change, Codec, Entry, OpenStore, Shardbearer, Versionstamp, WatchPosition } from '../../src/index.ts';

interface Todo {
  readonly title: string;
}

const days: Codec<Date> = {
  name: 'days',
  encode: (day) => Uint8Array.of(day.getDate()),
  decode: ([day = 1]) => new Date(2026, 0, day),
};

export async function encodings(open: OpenStore): Promise<void> {
  const signaling = '/signaling';
  const texts: Shardbearer<string> = await open({ signaling, encoding: 'utf8' });
  const bytes: Shardbearer<Uint8Array> = await open({ signaling, encoding: 'bytes' });
  const dates: Shardbearer<Date> = await open({ signaling, encoding: days });
  const todos = await open<Todo>({ signaling, name: 'todo' });
  const anything = await open({ signaling });
  // @ts-expect-error -- no such encoding
  await open({ signaling, encoding: 'text' });

  (await texts.get('k')) satisfies string | undefined;
  (await bytes.get('k')) satisfies Uint8Array | undefined;
  (await dates.get('k')) satisfies Date | undefined;
  (await todos.get('k')) satisfies Todo | undefined;
  (await anything.get<Todo>('k')) satisfies Todo | undefined;
  (await todos.entry('k')) satisfies Entry<Todo> | undefined;
  (await todos.getMany(['a', Uint8Array.of(1)])) satisfies (Todo | undefined)[];
  (await todos.put('k', { title: 'milk' })) satisfies Versionstamp;
  // @ts-expect-error -- no todo
  await todos.put('k', 'milk');
  // @ts-expect-error -- no text
  await texts.append('k', 7);
  await todos.append('list', { any: 'element' });
}

export async function ofOneCall(store: Shardbearer<Todo>, known: Versionstamp): Promise<void> {
  (await store.get('k', { encoding: 'utf8' })) satisfies string | undefined;
  (await store.get('k', { encoding: days })) satisfies Date | undefined;
  (await store.entry('k', { encoding: 'bytes' })) satisfies Entry<Uint8Array> | undefined;
  (await store.getMany(['k'], { encoding: 'utf8' })) satisfies (string | undefined)[];
  await store.put('k', 'text', { encoding: 'utf8', ifVersion: known });
  // @ts-expect-error -- the encoding of the call takes text
  await store.put('k', { title: 'milk' }, { encoding: 'utf8' });
  await store.put('k', { title: 'milk' }, { ifVersion: null, timeoutMs: 500 });
  await store.put('k', { title: 'milk' }, { expireInMs: 60_000 });
  await store.put('k', 'text', { expireInMs: 60_000, encoding: 'utf8' });
  (await store.entry('k'))?.expiresAt satisfies Date | undefined;
  // @ts-expect-error -- a time is a number
  await store.put('k', { title: 'milk' }, { expireInMs: '60' });
  // @ts-expect-error -- an append keeps the time of its key
  await store.append('k', 'text', { expireInMs: 60_000, encoding: 'utf8' });
  // @ts-expect-error -- any text is no versionstamp
  await store.put('k', { title: 'milk' }, { ifVersion: '7' });
  // @ts-expect-error -- nothing is encoded
  await store.delete('k', { encoding: 'utf8' });
  await using closed = store;
  closed.secret satisfies string;
}

/** Transactions have the types of the store, or of the encoding of the call. */
export async function transactions(open: OpenStore): Promise<void> {
  const todos = await open<Todo>({ signaling: '/signaling' });
  const versionstamp = (await todos.entry('k'))?.versionstamp ?? null;
  const outcome = await todos.atomic().check('k', versionstamp).put('k', { title: 'milk' }).delete('old').commit();
  if (!outcome.ok) outcome.conflicts satisfies readonly (string | Uint8Array)[];
  // @ts-expect-error -- a transaction that took effect has no conflicts
  else outcome.conflicts satisfies undefined;
  // @ts-expect-error -- no todo
  todos.atomic().put('k', 'milk');
  todos.atomic().append('log', 'line', { encoding: 'utf8' });
  const title = await todos.transact(async (tx) => {
    const todo = await tx.get('k');
    todo satisfies Todo | undefined;
    (await tx.get('n', { encoding: 'bytes' })) satisfies Uint8Array | undefined;
    for await (const { value } of tx.list({ prefix: '{cart:7}/' })) value satisfies Todo;
    tx.put('k', { title: 'bread' });
    return todo?.title;
  });
  title satisfies string | undefined;
}

export async function watched(store: Shardbearer<Todo>, from: WatchPosition): Promise<void> {
  const watch = store.watch({ prefix: 'todo/', from });
  for await (const change of watch) {
    change satisfies Change<Todo>;
    // @ts-expect-error -- a resync has no key
    change.key satisfies unknown;
    if (change.type === 'resync') continue;
    change.versionstamp satisfies Versionstamp;
    if (change.type === 'put') change.value satisfies Todo;
    // @ts-expect-error -- only a put has a value
    if (change.type === 'delete') change.value satisfies unknown;
  }
  watch.position satisfies WatchPosition | undefined;
  for await (const change of store.watch({ encoding: 'utf8' })) {
    if (change.type === 'put') change.value satisfies string;
  }
  // @ts-expect-error -- any text is no position
  store.watch({ from: '0-16383:1.2' });
}
