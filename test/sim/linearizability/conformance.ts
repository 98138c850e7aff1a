/** Finds the public conformance data, which is not part of the repository. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The files of one folder of the conformance data. The list is empty if the data is missing. */
export function conformanceFiles(folder: string, ending: string): readonly string[] {
  const root = process.env['CONFORMANCE_DIR'] ?? resolve(import.meta.dirname, '../../../../shared/conformance');
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(path, name));
}
