import { defineConfig } from '@playwright/test';

/** The benchmark runs on the browser tests' harness, but it is no test: nothing in it passes or fails by the clock. */
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
