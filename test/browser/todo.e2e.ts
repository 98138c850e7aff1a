import type { Shardbearer } from '../../src/index.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';

const CHANGES = 100;

declare global {
  /** Set in the page by the test: one change of the list of todos, or of the counter. */
  var todoApp: { add(title: string): Promise<void>; increment(): Promise<void> } | undefined;
}

test('three tabs add 300 todos to one list and 300 times to one counter at once, and none is lost', async ({
  world,
}) => {
  test.setTimeout(120_000);
  const server = await world.server();
  const device = await world.openDevice();
  const first = await StoreTab.open(device, server, { profile: 'own' });
  const secret = await first.secret();
  const others = [1, 2].map(() => StoreTab.open(device, server, { secret, profile: 'own' }));
  const tabs = [first, ...(await Promise.all(others))];
  await Promise.all(tabs.map((tab) => tab.ready()));
  await Promise.all(tabs.map((tab) => tab.page.evaluate(startTodoApp)));
  const beganMs = performance.now();
  await Promise.all(
    tabs.map(({ page }, tab) =>
      page.evaluate(
        async ([name, count]) => {
          const app = globalThis.todoApp;
          if (app === undefined) throw new Error('The application has not started.');
          const numbers = Array.from({ length: count }, (_, at) => at);
          await Promise.all(numbers.flatMap((at) => [app.add(`${name}-${at}`), app.increment()]));
        },
        [`tab ${tab}`, CHANGES] as const,
      ),
    ),
  );
  console.log(
    `${3 * CHANGES} appends and ${3 * CHANGES} transactions took ${Math.round(performance.now() - beganMs)} ms`,
  );
  for (const { page } of tabs) {
    const [todos, count] =
      (await page.evaluate(async () => {
        const store = await globalThis.storePage?.store;
        return await store?.getMany(['todos', 'count'], { encoding: 'json' });
      })) ?? [];
    const titles = Array.isArray(todos)
      ? todos.map((todo: unknown): unknown => Reflect.get(Object(todo), 'title'))
      : [];
    expect(titles).toHaveLength(3 * CHANGES);
    expect(new Set(titles).size).toBe(3 * CHANGES);
    expect(count).toBe(3 * CHANGES);
  }
});

/** The application: adds to a JSON list, and increments a counter in transactions. */
async function startTodoApp(): Promise<void> {
  const store: Shardbearer<string> | undefined = await globalThis.storePage?.store;
  if (store === undefined) throw new Error('This page opens no store.');
  // All changes of a tab begin at once, so the last ones wait for their turn. On a busy machine that takes long.
  const timeoutMs = 90_000;
  const json = { encoding: 'json' } as const;
  globalThis.todoApp = {
    async add(title) {
      await store.append('todos', { title, done: false }, { ...json, timeoutMs });
    },
    async increment() {
      await store.transact(
        async (tx) => {
          const count = Number((await tx.get('count', json)) ?? 0);
          tx.put('count', count + 1, json);
        },
        { timeoutMs },
      );
    },
  };
}
