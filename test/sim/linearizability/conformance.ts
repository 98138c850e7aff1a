/** The folder of the public conformance data, if it exists. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Files of one folder of the conformance data; empty where it is missing. */
export function conformanceFiles(folder: string, ending: string): readonly string[] {
  const root = process.env['CONFORMANCE_DIR'] ?? resolve(import.meta.dirname, '../../../../shared/conformance');
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(path, name));
}
