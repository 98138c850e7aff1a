/** Builds what `npm start` serves, and the library, into dist/. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, secondsSince } from './run.mjs';

const INPUTS = [
  'src',
  'signaling',
  'public',
  'scripts',
  'package-lock.json',
  'package.json',
  'vite.config.ts',
  'tsconfig.json',
  'buf.gen.yaml',
];
const FINGERPRINT = join(ROOT, 'dist', 'fingerprint');

/** Builds pages and server, unless the last build was made from the very same sources. */
export async function buildIfStale() {
  if (existsSync(FINGERPRINT) && readFileSync(FINGERPRINT, 'utf8') === fingerprint()) return;
  console.log('Building …');
  const startMs = performance.now();
  await buildServed();
  console.log(`Built in ${secondsSince(startMs)}.`);
}

async function buildServed() {
  const { bundleForNode, bundlePages, generate } = await import('./bundle.mjs');
  await generate();
  await bundlePages();
  await bundleForNode('scripts/serving/main.ts', 'server');
  writeFileSync(FINGERPRINT, fingerprint());
}

/** Of all inputs' names, sizes and times: a removed file changes it as an edited one does. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const input of INPUTS) {
    for (const path of filesIn(join(ROOT, input))) {
      const { size, mtimeMs } = statSync(path);
      hash.update(`${relative(ROOT, path)} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
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
  await buildServed();
  const { bundleLibrary } = await import('./bundle.mjs');
  await bundleLibrary();
}
