import { defineConfig } from '@playwright/test';

/** The benchmark uses the harness of the browser tests. No measured figure makes it fail. */
export default defineConfig({
  testDir: '.',
  testMatch: 'benchmark.ts',
  globalSetup: '../browser/harness/prepare.ts',
  outputDir: '../../test-results/bench',
  workers: 1,
  retries: 0,
  timeout: 600_000,
  reporter: './reporter.ts',
});
