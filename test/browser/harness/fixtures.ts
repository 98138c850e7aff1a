/** The fixtures of browser tests. */
import { test as base } from '@playwright/test';
import { SharedProcesses } from './shared-processes.ts';
import { World } from './world.ts';

export { expect } from '@playwright/test';

export const test = base.extend<{ readonly world: World }, { readonly shared: SharedProcesses }>({
  shared: [
    // Playwright reads the first parameter's pattern to find dependencies. This fixture has none.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const shared = new SharedProcesses();
      await provide(shared);
      await shared.end();
    },
    { scope: 'worker' },
  ],
  world: async ({ shared }, provide, testInfo) => {
    const world = new World(shared);
    try {
      await provide(world);
    } finally {
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('said by pages and servers', { body: world.log(), contentType: 'text/plain' });
      }
      await world.end();
    }
  },
});
