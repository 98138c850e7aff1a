import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';

/**
 * Fills a new directory and then renames it to `directory`. The former content stays until then. It also stays if
 * `fill` fails.
 * @param {string} directory
 * @param {(unfinished: string) => Promise<void>} fill
 */
export async function replaceDirectory(directory, fill) {
  const unfinished = `${directory}.unfinished`;
  const old = `${directory}.old`;
  for (const leftover of [unfinished, old]) rmSync(leftover, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await fill(unfinished);
  if (existsSync(directory)) renameSync(directory, old);
  renameSync(unfinished, directory);
  rmSync(old, { recursive: true, force: true });
}
