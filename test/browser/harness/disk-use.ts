/** Measures how much disk IndexedDB uses, by the sizes of its files. */
import { lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Profile } from './profile.ts';

export interface DiskUse {
  readonly bytes: number;
  /** By kind of file, such as `ldb` or `log`: the number of bytes. */
  readonly byKind: ReadonlyMap<string, number>;
}

const BLOCK_BYTES = 512;

/** The disk use of all database files in the profile, including the files of large values. */
export function diskUse({ directory }: Profile): DiskUse {
  const byKind = new Map<string, number>();
  for (const folder of databaseFolders(join(directory, 'Default'))) addFolder(folder, byKind);
  return { bytes: [...byKind.values()].reduce((sum, bytes) => sum + bytes, 0), byKind };
}

/** Measures the peak of disk use over time. */
export class DiskWatch {
  readonly #profile: Profile;
  readonly #timer: NodeJS.Timeout;
  #largest: DiskUse = { bytes: 0, byKind: new Map() };

  constructor(profile: Profile, intervalMs: number) {
    this.#profile = profile;
    this.#timer = setInterval(() => this.look(), intervalMs);
  }

  get largest(): DiskUse {
    return this.#largest;
  }

  look(): DiskUse {
    const use = diskUse(this.#profile);
    if (use.bytes > this.#largest.bytes) this.#largest = use;
    return use;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** The folders of databases. Chromium uses one of two places; the second one also contains files of Chromium's own. */
function databaseFolders(parent: string): readonly string[] {
  const sites = join(parent, 'WebStorage');
  const ofSites = readdirOrNothing(sites).map(({ name }) => join(sites, name, 'IndexedDB'));
  return [join(parent, 'IndexedDB'), ...ofSites];
}

function addFolder(folder: string, byKind: Map<string, number>): void {
  for (const entry of readdirOrNothing(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      addFolder(path, byKind);
      continue;
    }
    const kind = kindOf(entry.name);
    byKind.set(kind, (byKind.get(kind) ?? 0) + fileBytes(path));
  }
}

/** The entries of a folder, or nothing if it has vanished. The running browser may remove files at any moment. */
function readdirOrNothing(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The length of the file or its allocated size, whichever is larger. */
function fileBytes(path: string): number {
  try {
    const { size, blocks } = lstatSync(path);
    return Math.max(size, blocks * BLOCK_BYTES);
  } catch {
    return 0;
  }
}

/**
 * The kind of a file by its name. LevelDB and SQLite name files by purpose. A large value has its own file with a
 * hexadecimal name.
 */
function kindOf(name: string): string {
  const ending = /\.([a-z-]+)$/u.exec(name)?.[1];
  if (ending !== undefined) return ending;
  return /^[0-9a-f]+$/u.test(name) ? 'value files' : basename(name).replace(/-?\d+$/u, '');
}
