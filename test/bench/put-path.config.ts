import { defineConfig } from '@playwright/test';

/** The configuration for counting functions. It uses pages without minification. */
export default defineConfig({
  testDir: '.',
  testMatch: 'put-path.ts',
  globalSetup: '../browser/harness/prepare.ts',
  outputDir: '../../test-results/put-path',
  workers: 1,
  retries: 0,
  timeout: 600_000,
  reporter: 'line',
});
