/** Reads and checks the directories of `PAGES` at the start. */
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { unreadable, SettingsError } from './settings-error.ts';

/**
 * Parses `PAGES`, a list of directories.
 * @throws {SettingsError} if a directory cannot be read, or if no directory has pages
 */
export function readPageDirectories(value: string): readonly string[] {
  const names = value.split(delimiter);
  for (const name of names) checkDirectory(name);
  if (!names.some(hasPages)) {
    throw new SettingsError(
      `PAGES names "${value}", where neither a directory nor one directly below it has an index.html. Build the pages first.`,
    );
  }
  return names.map((name) => resolve(name));
}

/** Whether the directory has pages, either directly or in a subdirectory for each application. */
function hasPages(directory: string): boolean {
  const below = readdirSync(directory).map((name) => join(directory, name));
  return [directory, ...below].some((path) => existsSync(join(path, 'index.html')));
}

function checkDirectory(name: string): void {
  if (name.trim() === '') {
    throw new SettingsError(
      `PAGES names a directory without a name. Write one "${delimiter}" between two directories.`,
    );
  }
  try {
    accessSync(name, constants.R_OK);
  } catch (cause) {
    throw new SettingsError(`PAGES names "${name}", ${unreadable(cause)}.`, { cause });
  }
  if (!statSync(name).isDirectory()) {
    throw new SettingsError(`PAGES names "${name}", which is a file. Name the directory that it lies in.`);
  }
}
