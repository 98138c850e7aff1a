/**
 * `npm run generate`: makes code from the schema. Does nothing if the code is newer than the schema and the generator.
 * `--force` makes the code in any case.
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
  // The generator does not write files whose content stays the same, so the times of all files are set here.
  if (code === 0) for (const name of readdirSync(GENERATED)) utimesSync(join(GENERATED, name), new Date(), new Date());
}

function isUpToDate() {
  if (!existsSync(GENERATED)) return false;
  const generated = readdirSync(GENERATED).flatMap((name) => timesOf(join(GENERATED, name)));
  // `timesOf` includes the times of folders, which change when a file is added or removed.
  return generated.length > 0 && Math.min(...generated) > Math.max(...SOURCES.flatMap(timesOf));
}

/**
 * Returns the times at which a file or folder, and everything in the folder, was last changed.
 * @param {string} path
 * @returns {readonly number[]}
 */
function timesOf(path) {
  if (!existsSync(path)) return [];
  const stats = statSync(path);
  const entries = stats.isDirectory() ? readdirSync(path) : [];
  return [stats.mtimeMs, ...entries.flatMap((entry) => timesOf(join(path, entry)))];
}
