/** Disk use of IndexedDB, by its files. */
import { lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Profile } from './profile.ts';

/** Disk use at one moment. */
export interface DiskUse {
  readonly bytes: number;
  /** Bytes by kind of file, for example `ldb` or `log`. */
  readonly byKind: ReadonlyMap<string, number>;
}

const BLOCK_BYTES = 512;

/** All database files of the profile, including files of large values. */
export function diskUse({ directory }: Profile): DiskUse {
  const byKind = new Map<string, number>();
  for (const folder of databaseFolders(join(directory, 'Default'))) addFolder(folder, byKind);
  return { bytes: [...byKind.values()].reduce((sum, bytes) => sum + bytes, 0), byKind };
}

/** The peak over many moments. */
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

/** Chromium keeps the files in one of two places. The second also holds files of Chromium's own. */
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

/** Files may appear and vanish at any moment, since the browser is running. */
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

/** LevelDB and SQLite name files by purpose. A value in its own file has a hexadecimal number. */
function kindOf(name: string): string {
  const ending = /\.([a-z-]+)$/u.exec(name)?.[1];
  if (ending !== undefined) return ending;
  return /^[0-9a-f]+$/u.test(name) ? 'value files' : basename(name).replace(/-?\d+$/u, '');
}
