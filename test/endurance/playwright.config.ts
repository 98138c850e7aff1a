import { defineConfig } from '@playwright/test';

/** Runs on the browser tests' harness; it is long, and `npm test` leaves it out. */
export default defineConfig({
  testDir: '.',
  testMatch: 'endurance.ts',
  globalSetup: '../browser/harness/prepare.ts',
  outputDir: '../../test-results/endurance',
  workers: 1,
  retries: 0,
  timeout: 4 * 3_600_000,
  reporter: '../bench/reporter.ts',
});
