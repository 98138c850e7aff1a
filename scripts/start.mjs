/** `npm start`: installs, builds and serves. It runs on a fresh clone with Node alone. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireNode } from './node-version.mjs';

requireNode();
const { installIfMissing } = await import('./install.mjs');
const { BUILDS, buildIfStale } = await import('./build.mjs');
await installIfMissing();
const build = await buildIfStale({ lease: true });
const entry = pathToFileURL(join(build, 'server', 'main.js')).href;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- built from this very module
const { serve } = /** @type {typeof import('./serving/main.ts')} */ (await import(entry));
process.exitCode = await serve({ pageDirectory: join(build, 'app'), buildsDirectory: BUILDS.directory });
