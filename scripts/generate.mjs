/**
 * `npm run generate`: makes code from the schema. Does nothing if that code is newer than the schema and its generator.
 * `--force` makes it again.
 */
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT, run } from './run.mjs';

const SOURCES = ['buf.gen.yaml', 'buf.yaml', 'package-lock.json', 'scripts/codecs', 'src/wire/schema'].map((path) =>
  join(ROOT, path),
);
const GENERATED = join(ROOT, 'src', 'wire', 'generated');

if (process.argv.includes('--force') || !isUpToDate()) {
  const { code } = await run(process.execPath, [
    join(ROOT, 'node_modules', '@bufbuild', 'buf', 'bin', 'buf'),
    'generate',
  ]);
  process.exitCode = code;
  // The generator leaves a file alone that would not change.
  if (code === 0) for (const name of readdirSync(GENERATED)) utimesSync(join(GENERATED, name), new Date(), new Date());
}

function isUpToDate() {
  if (!existsSync(GENERATED)) return false;
  const generated = readdirSync(GENERATED).flatMap((name) => timesOf(join(GENERATED, name)));
  // A folder has a time, too, which changes with each file that is added or removed.
  return generated.length > 0 && Math.min(...generated) > Math.max(...SOURCES.flatMap(timesOf));
}

/**
 * The times at which a file or folder, and everything in it, was last changed.
 * @param {string} path
 * @returns {readonly number[]}
 */
function timesOf(path) {
  if (!existsSync(path)) return [];
  const stats = statSync(path);
  const entries = stats.isDirectory() ? readdirSync(path) : [];
  return [stats.mtimeMs, ...entries.flatMap((entry) => timesOf(join(path, entry)))];
}
