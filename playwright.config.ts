import { defineConfig } from '@playwright/test';

/** Browser tests share two cores with the browsers that they drive: one at a time, and never a second try. */
export default defineConfig({
  testDir: 'test/browser',
  testMatch: '**/*.e2e.ts',
  globalSetup: './test/browser/harness/prepare.ts',
  outputDir: 'test-results/browser',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
});
