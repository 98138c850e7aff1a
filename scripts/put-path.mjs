/**
 * `npm run put-path [-- --list]`: counts the functions and files of src/ that one warm put enters at the herald's tab.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requireNode } from './node-version.mjs';

requireNode();
const { installIfMissing } = await import('./install.mjs');
const { ROOT, run } = await import('./run.mjs');

const { values } = parseArgs({ options: { list: { type: 'boolean', default: false } } });
await installIfMissing();
const playwright = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
const config = join(ROOT, 'test', 'bench', 'put-path.config.ts');
const env = { READABLE_TEST_PAGES: '1', PUT_PATH_LIST: values.list ? '1' : '' };
process.exitCode = (await run(process.execPath, [playwright, 'test', '--config', config], { env })).code;
