import { defineConfig } from '@playwright/test';

/**
 * The configuration of the endurance run. It uses the harness of the browser tests. `npm test` leaves it out, because
 * it takes long.
 */
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
