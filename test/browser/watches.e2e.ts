/** Watches in real tabs. */
import type { Change, Shardbearer } from '../../src/index.ts';
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

/** Keys of one writer. */
const KEYS = 100;
const TABS_OF_AN_ORDER = 3;

interface SeenWatch {
  /** By key, the values of its changes. */
  readonly values: Record<string, string[]>;
  changes: number;
  resyncs: number;
  failure: string | undefined;
}

declare global {
  /** Set in the page by the test: the watch that takes changes at once, and the one that pauses. */
  var watches: { readonly eager: SeenWatch; readonly paused: SeenWatch; resume(): void } | undefined;
}

test('a tab sees the changes of another tab, and continues from its position', async ({ world }) => {
  const server = await world.server();
  const device = await world.openDevice();
  const first = await StoreTab.open(device, server, { radiants: 2, profile: 'own' });
  const secret = await first.secret();
  const other = await StoreTab.open(device, server, { radiants: 2, secret, profile: 'own' });
  await Promise.all([first.ready(), other.ready()]);
  await first.put('item a', '1');
  await first.put('other', '1');
  const watching = other.page.evaluate(async () => {
    const store: Shardbearer<string> | undefined = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('This page opens no store.');
    const take = async (count: number, from?: Parameters<typeof store.watch>[0]) => {
      const watch = store.watch({ prefix: 'item ', ...from });
      const seen: Change<string>[] = [];
      for (let at = 0; at < count; at++) {
        const next = await watch.next();
        if (next.done !== true) seen.push(next.value);
      }
      const { position } = watch;
      await watch.return?.();
      return { seen, position };
    };
    const begun = await take(3);
    const continued = await take(2, { from: begun.position });
    return [...begun.seen, ...continued.seen];
  });
  await first.put('item b', 'x');
  await first.put('item c', 'y');
  await first.delete('item a');
  for (const value of ['2', '3']) await first.put('item d', value);
  const seen = await watching;
  const keys = seen.map((change) => (change.type === 'resync' ? change.type : `${change.type} ${String(change.key)}`));
  expect(keys).toHaveLength(5);
  expect(keys).not.toContain('put other');
  // The watch begins before or after some of the writes.
  expect(keys.filter((key, at) => keys.indexOf(key) === at && key.startsWith('put item')).length).toBeGreaterThan(2);
});

const NAME =
  '10,000 changes under herald changes and shard moves: each watch in three tabs sees each change once and in order, ' +
  'and a watch that paused gets one resync';
test(NAME, { tag: '@full' }, async ({ world }) => {
  test.setTimeout(300_000);
  const server = await world.server();
  const device = await world.openDevice();
  const options = { radiants: 2 * TABS_OF_AN_ORDER, orders: 2, shards: 6, profile: 'own' } as const;
  const founder = await StoreTab.open(device, server, options);
  const secret = await founder.secret();
  const others = Array.from({ length: 2 * TABS_OF_AN_ORDER - 1 }, () =>
    StoreTab.open(device, server, { ...options, secret }),
  );
  const tabs = [founder, ...(await Promise.all(others))];
  await until('the tabs form two orders', async () => (await founder.radiant()).orders.length === 2, {
    timeoutMs: 60_000,
  });
  await Promise.all(tabs.map((tab) => tab.ready()));
  const [leading, following] = await dividedByRole(tabs);
  const watching = following.slice(0, 3);
  await Promise.all(watching.map(startWatches));
  const disturbed = [...leading, ...following.slice(3)];
  let isWriting = true;
  let [moves, heraldChanges] = [0, 0];
  const disturbing = (async () => {
    while (isWriting) {
      const [mover] = watching;
      if (mover !== undefined && (await moveOne(mover))) moves += 1;
      const [heralds] = await dividedByRole(disturbed);
      if (heralds[0] === undefined) continue;
      heraldChanges += 1;
      await heralds[0].reload();
      await heralds[0].ready();
    }
  })();
  const beganMs = performance.now();
  await Promise.all(watching.map((tab, writer) => write(tab, writer)));
  const writtenMs = performance.now() - beganMs;
  isWriting = false;
  await disturbing;
  const seen = await Promise.all(watching.map(takeAll));
  console.log(
    `10,200 changes took ${Math.round(writtenMs)} ms, under ${moves} moves and ${heraldChanges} herald changes; the ` +
      `paused watches took ${seen.map(({ paused }) => paused.changes).join(', ')} changes`,
  );
  expect(moves).toBeGreaterThan(0);
  expect(heraldChanges).toBeGreaterThan(0);
  for (const { eager, paused } of seen) {
    expect(eager).toMatchObject({ resyncs: 0, failure: undefined });
    expect(Object.keys(eager.values)).toHaveLength(3 * KEYS);
    const faults = Object.entries(eager.values).filter(([, values]) => values.join(' ') !== ALL_VALUES.join(' '));
    expect(faults.slice(0, 3)).toEqual([]);
    expect(paused).toMatchObject({ resyncs: 1, failure: undefined });
    expect(Object.values(paused.values).every((values) => values.at(-1) === ALL_VALUES.at(-1))).toBe(true);
    expect(Object.keys(paused.values)).toHaveLength(3 * KEYS);
  }
});

/** Values of each key. Three writers with 100 keys make 10,200 changes. */
const ALL_VALUES = Array.from({ length: 34 }, (_, at) => String(at + 1));

/** The tabs that lead an order, and the other tabs. */
async function dividedByRole(tabs: readonly StoreTab[]): Promise<readonly [StoreTab[], StoreTab[]]> {
  const roles = await Promise.all(tabs.map((tab) => isLeading(tab)));
  return [tabs.filter((_, at) => roles[at]), tabs.filter((_, at) => !roles[at])];
}

async function isLeading(tab: StoreTab): Promise<boolean> {
  const { radiants } = await tab.view();
  return radiants.some(({ orders }) => orders.some(({ replica }) => replica?.role === 'leader'));
}

async function startWatches({ page }: StoreTab): Promise<void> {
  await page.evaluate(async () => {
    const store: Shardbearer<string> | undefined = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('This page opens no store.');
    const seenWatch = (): SeenWatch => ({ values: {}, changes: 0, resyncs: 0, failure: undefined });
    const [eager, paused] = [seenWatch(), seenWatch()];
    let resume = (): void => undefined;
    const resumed = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const follow = async (seen: SeenWatch, firstKey: string): Promise<void> => {
      for await (const change of store.watch({ prefix: 'item ' })) {
        if (change.type === 'resync') {
          seen.resyncs += 1;
          for (const key of Object.keys(seen.values)) delete seen.values[key];
          continue;
        }
        seen.changes += 1;
        const key = String(change.key);
        (seen.values[key] ??= []).push(change.type === 'put' ? change.value : change.type);
        if (key === firstKey) await resumed;
      }
    };
    for (const [seen, firstKey] of [
      [eager, ''],
      [paused, 'item begin'],
    ] as const) {
      follow(seen, firstKey).catch((error: unknown) => {
        seen.failure = String(error);
      });
    }
    await store.put('item begin', '0');
    globalThis.watches = { eager, paused, resume };
  });
  await until('both watches have begun', () =>
    page.evaluate(() => (globalThis.watches?.eager.changes ?? 0) > 0 && (globalThis.watches?.paused.changes ?? 0) > 0),
  );
}

/** Writes each value of each key of the writer, one value after the other. */
async function write({ page }: StoreTab, writer: number): Promise<void> {
  await page.evaluate(
    async ([number, keys, values]) => {
      const store: Shardbearer<string> | undefined = await globalThis.storePage?.store;
      if (store === undefined) throw new Error('This page opens no store.');
      for (const value of values) {
        const puts = Array.from({ length: keys }, (_, key) =>
          store.put(`item ${number}/${key}`, value, { timeoutMs: 60_000 }),
        );
        await Promise.all(puts);
      }
    },
    [writer, KEYS, ALL_VALUES] as const,
  );
}

/** Lets the paused watch continue, and waits until both watches have seen the latest values. */
async function takeAll({ page }: StoreTab): Promise<{ readonly eager: SeenWatch; readonly paused: SeenWatch }> {
  await page.evaluate(() => globalThis.watches?.resume());
  await until(
    'both watches have seen the latest values',
    () =>
      page.evaluate(
        ([keys, last]) =>
          [globalThis.watches?.eager, globalThis.watches?.paused].every((seen) => {
            if (seen?.failure !== undefined) return true;
            const latest = Object.values(seen?.values ?? {}).map((values) => values.at(-1));
            return latest.filter((value) => value === last).length === keys;
          }),
        [3 * KEYS, ALL_VALUES.at(-1)] as const,
      ),
    { timeoutMs: 30_000 },
  );
  return await page.evaluate(() => {
    const { eager, paused } = globalThis.watches ?? {};
    if (eager === undefined || paused === undefined) throw new Error('The watches have not begun.');
    for (const seen of [eager, paused]) delete seen.values['item begin'];
    return { eager, paused };
  });
}

/** Moves a shard to the other order, and waits until it has arrived. @returns whether a shard could be moved */
async function moveOne(tab: StoreTab): Promise<boolean> {
  const { orders } = await tab.configuration();
  const [from, to] = orders.toSorted((one, other) => other.shards.length - one.shards.length);
  const shard = from?.shards[0];
  if (shard === undefined || to === undefined || isMoving({ orders })) return false;
  await tab.move(shard.first, to.id);
  await until('the shard has arrived', async () => !isMoving(await tab.configuration()), { timeoutMs: 60_000 });
  return true;
}

function isMoving({ orders }: Pick<Configuration, 'orders'>): boolean {
  return orders.some(({ shards }) => shards.some(({ source }) => source !== undefined));
}
