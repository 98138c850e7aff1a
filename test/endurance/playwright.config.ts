import { defineConfig } from '@playwright/test';

/** Uses the harness of the browser tests. The run is long, so `npm test` omits it. */
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
