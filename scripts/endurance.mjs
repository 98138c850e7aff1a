/**
 * `npm run endurance [-- --puts 1000000 --keys 1000 --bytes 1000 --calls 256 --markdown]`: overwrites the same keys
 * repeatedly in real Chromium. Fails if the disk or the heap exceeds its bound.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requireNode } from './node-version.mjs';

requireNode();
const { installIfMissing } = await import('./install.mjs');
const { ROOT, run } = await import('./run.mjs');

const { values } = parseArgs({
  options: {
    puts: { type: 'string', default: '1000000' },
    keys: { type: 'string', default: '1000' },
    /** Size of each value in bytes. */
    bytes: { type: 'string', default: '1000' },
    /** Number of concurrent calls. */
    calls: { type: 'string', default: '256' },
    markdown: { type: 'boolean', default: false },
  },
});
await installIfMissing();
const playwright = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
const config = join(ROOT, 'test', 'endurance', 'playwright.config.ts');
const env = {
  ENDURANCE_PUTS: values.puts,
  ENDURANCE_KEYS: values.keys,
  ENDURANCE_BYTES: values.bytes,
  ENDURANCE_CALLS: values.calls,
  ENDURANCE_FORMAT: values.markdown ? 'markdown' : 'text',
};
process.exitCode = (await run(process.execPath, [playwright, 'test', '--config', config], { env })).code;
