/** `npm run picture`: takes the README's picture of nine tabs in a real browser. */
import { join } from 'node:path';
import { ROOT, run } from './run.mjs';

const playwright = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
const { code } = await run(process.execPath, [playwright, 'test', 'readme', '-g', 'picture'], {
  env: { PICTURE: 'make' },
});
process.exitCode = code;
