/** `npm run bench [-- --markdown]`: measures the store in real Chromium and prints a table. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requireNode } from './node-version.mjs';

requireNode();
const { installIfMissing } = await import('./install.mjs');
const { ROOT, run } = await import('./run.mjs');

const { values } = parseArgs({ options: { markdown: { type: 'boolean', default: false } } });
await installIfMissing();
const playwright = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
const config = join(ROOT, 'test', 'bench', 'playwright.config.ts');
const env = { BENCH_FORMAT: values.markdown ? 'markdown' : 'text' };
process.exitCode = (await run(process.execPath, [playwright, 'test', '--config', config], { env })).code;
