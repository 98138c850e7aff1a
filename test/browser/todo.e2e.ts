import type { Shardbearer } from '../../src/index.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';

const CHANGES = 100;

declare global {
  /** Set in the page by the test: one change of the list of todos, or of the counter. */
  var todoApp: { add(title: string): Promise<void>; increment(): Promise<number> } | undefined;
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
  const conflicts = await Promise.all(
    tabs.map(({ page }, tab) =>
      page.evaluate(
        async ([name, count]) => {
          const app = globalThis.todoApp;
          if (app === undefined) throw new Error('The application has not started.');
          const numbers = Array.from({ length: count }, (_, at) => at);
          await Promise.all(numbers.map((at) => app.add(`${name}-${at}`)));
          // Increments of one tab follow one another. All at once, they would mostly meet conflicts of their own tab.
          let met = 0;
          for (let at = 0; at < count; at++) met += await app.increment();
          return met;
        },
        [`tab ${tab}`, CHANGES] as const,
      ),
    ),
  );
  console.log(`the increments of the tabs met ${conflicts.join(', ')} conflicts`);
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

/** The application: adds to a JSON list, and increments a counter by compare-and-set. */
async function startTodoApp(): Promise<void> {
  const store: Shardbearer<string> | undefined = await globalThis.storePage?.store;
  if (store === undefined) throw new Error('This page opens no store.');
  const json = { encoding: 'json' } as const;
  globalThis.todoApp = {
    async add(title) {
      await store.append('todos', { title, done: false }, json);
    },
    /** Returns the number of conflicts that it met. */
    async increment() {
      for (let conflicts = 0; ; conflicts++) {
        const entry = await store.entry('count', json);
        const next = Number(entry?.value ?? 0) + 1;
        try {
          await store.put('count', next, { ...json, ifVersion: entry?.versionstamp ?? null });
          return conflicts;
        } catch (error) {
          if (Reflect.get(Object(error), 'code') !== 'CONFLICT') throw error;
        }
      }
    },
  };
}
