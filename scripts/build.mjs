/** Builds the pages and the server of `npm start`, and the library, into dist/. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BuildStore } from './build-store.mjs';
import { compressPages } from './compress.mjs';
import { LOCK, withLock } from './lock.mjs';
import { ROOT, secondsSince } from './run.mjs';

/** The files and directories that determine the content of a build. */
export const INPUTS = Object.freeze([
  'src',
  'signaling',
  'public',
  'scripts',
  'package-lock.json',
  'package.json',
  'vite.config.ts',
  'tsconfig.json',
  'buf.gen.yaml',
]);
const DIST = join(ROOT, 'dist');
export const BUILDS = new BuildStore(DIST);

/**
 * Builds pages and server, unless a build of the same sources exists.
 * @param {{ lease?: boolean }} [options] `lease`: keep the build while this process runs
 * @returns {Promise<string>} the directory of the build
 */
export function buildIfStale({ lease = false } = {}) {
  return withLock(LOCK, async () => {
    const build = await BUILDS.choose(() => fingerprintOf(INPUTS), buildServed);
    if (lease) BUILDS.lease(build);
    return build;
  });
}

/** @param {string} directory */
async function buildServed(directory) {
  console.log('Building …');
  const startMs = performance.now();
  const { bundleForNode, bundlePages, generate } = await import('./bundle.mjs');
  await generate();
  const below = relative(DIST, directory).split(sep).join('/');
  await bundlePages(`${below}/app`);
  await compressPages(join(directory, 'app'));
  await bundleForNode('scripts/serving/main.ts', `${below}/server`);
  console.log(`Built in ${secondsSince(startMs)}.`);
}

/**
 * Returns a hash of the names and contents of these files and directories. Modification times do not affect the hash.
 * @param {readonly string[]} inputs
 */
export function fingerprintOf(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const path of filesIn(join(ROOT, input))) {
      const content = readFileSync(path);
      hash.update(`${relative(ROOT, path)} ${content.length}\n`).update(content);
    }
  }
  return hash.digest('hex').slice(0, 32);
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesIn(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('generated'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildIfStale();
  const { bundleLibrary } = await import('./bundle.mjs');
  await bundleLibrary();
}
