/** `npm start` on a fresh clone: install, build, serve. Runs on bare Node. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireNode } from './node-version.mjs';

requireNode();
const { installIfMissing } = await import('./install.mjs');
const { buildIfStale } = await import('./build.mjs');
const { ROOT } = await import('./run.mjs');
await installIfMissing();
await buildIfStale();
const entry = pathToFileURL(join(ROOT, 'dist', 'server', 'main.js')).href;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- built just now from this very module
const { serve } = /** @type {typeof import('./serving/main.ts')} */ (await import(entry));
process.exitCode = await serve(join(ROOT, 'dist', 'app'));
