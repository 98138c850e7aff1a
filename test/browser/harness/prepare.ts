/** Global setup of the browser tests. It finds Chromium, and builds the app and the test pages. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { buildIfStale, fingerprintOf, INPUTS } from '../../../scripts/build.mjs';
import { findChromium } from '../../../scripts/chromium.mjs';
import { TEST_PAGE_SOURCES, TEST_PAGES } from './paths.ts';

/** Identifies the sources of the built test pages. */
const FINGERPRINT = join(TEST_PAGES, 'fingerprint');

export default async function prepare(): Promise<void> {
  const chromium = await findChromium();
  if (chromium === undefined) throw new Error('There is no Chromium here: npx playwright install --with-deps chromium');
  process.env['CHROMIUM_PATH'] = chromium;
  await buildIfStale();
  // A measurement that counts functions needs readable names and source maps.
  const isReadable = process.env['READABLE_TEST_PAGES'] === '1';
  const fingerprint = `${fingerprintOf([...INPUTS, 'test'])} ${isReadable ? 'readable' : 'minified'}`;
  if (existsSync(FINGERPRINT) && readFileSync(FINGERPRINT, 'utf8') === fingerprint) return;
  await buildTestPages(isReadable);
  writeFileSync(FINGERPRINT, fingerprint);
}

async function buildTestPages(isReadable: boolean): Promise<void> {
  const pages = readdirSync(TEST_PAGE_SOURCES).filter((name) => name.endsWith('.html'));
  await build({
    configFile: false,
    logLevel: 'warn',
    root: TEST_PAGE_SOURCES,
    base: './',
    build: {
      outDir: TEST_PAGES,
      emptyOutDir: true,
      target: 'es2023',
      ...(isReadable ? { minify: false, sourcemap: true } : {}),
      chunkSizeWarningLimit: 1_000,
      rolldownOptions: {
        input: pages.map((name) => join(TEST_PAGE_SOURCES, name)),
        checks: { bundlerTimings: false },
      },
    },
    worker: { format: 'es' },
  });
}
