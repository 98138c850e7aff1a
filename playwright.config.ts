import { defineConfig } from '@playwright/test';

/** What kills, blocks or measures has both cores to itself: beside it others would disturb elections. */
const ALONE =
  /(adoption|all-killed|bondsmith-killed|busy-page|data-lost|entry|herald-killed|hung-disk|many-calls|orders|signaling-killed|snapshot|storage|worker-terminated)\.e2e\.ts$/;

/** Takes longer than a minute: `npm run test:full` plays it, `npm test` does not. */
const LONG = /(spare-learners|twelve-tabs)\.e2e\.ts$/;

/** Browser tests share two cores with the browsers that they drive, and never get a second try. */
export default defineConfig({
  testDir: 'test/browser',
  testMatch: '**/*.e2e.ts',
  projects: [
    { name: 'together', testIgnore: [ALONE, LONG], outputDir: 'test-results/browser-together' },
    { name: 'alone', testMatch: ALONE, outputDir: 'test-results/browser-alone' },
    { name: 'long', testMatch: LONG, outputDir: 'test-results/browser-long' },
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
