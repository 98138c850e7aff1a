import { defineConfig } from '@playwright/test';

/** Tests that measure time, or block a page. Other tests at the same time would change what they measure. */
const ALONE = /\/(busy-page|many-calls|storage-costs|worker-terminated)\.e2e\.ts$/;

/** Only `npm run test:full` plays these: they repeat more often, or for minutes, what other tests show. */
const FULL = /@full/;

/** Browser tests share two cores with the browsers that they drive. A failed test never gets a second try. */
export default defineConfig({
  testDir: 'test/browser',
  testMatch: '**/*.e2e.ts',
  projects: [
    {
      name: 'together',
      testIgnore: ALONE,
      grepInvert: FULL,
      // Without this, the tests of the last long file run one after another while the other workers have ended.
      fullyParallel: true,
      outputDir: 'test-results/browser-together',
    },
    { name: 'alone', testMatch: ALONE, grepInvert: FULL, outputDir: 'test-results/browser-alone' },
    { name: 'full', grep: FULL, outputDir: 'test-results/browser-full' },
  ],
  globalSetup: './test/browser/harness/prepare.ts',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
});
