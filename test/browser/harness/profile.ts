/** A browser profile on disk. It survives its browser until it is removed. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Close the browser before any of these calls, since a running one writes during a copy. */
export class Profile {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<Profile> {
    return new Profile(await mkdtemp(join(tmpdir(), 'shardbearer-profile-')));
  }

  /** Denies cookies, IndexedDB and Web Locks to all sites, like the browser's setting. */
  async blockSiteData(): Promise<void> {
    const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
    await mkdir(join(this.directory, 'Default'), { recursive: true });
    await writeFile(join(this.directory, 'Default', 'Preferences'), JSON.stringify(settings));
  }

  async copy(): Promise<Profile> {
    const copy = await Profile.create();
    await cp(this.directory, copy.directory, { recursive: true, filter: isNoLock });
    return copy;
  }

  /** Restores this profile from an older copy. */
  async rollBackTo(older: Profile): Promise<void> {
    await this.remove();
    await cp(older.directory, this.directory, { recursive: true, filter: isNoLock });
  }

  /** Empties the profile. */
  async wipe(): Promise<void> {
    await this.remove();
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** A copied lock file would name a process that does not own the copy. */
function isNoLock(path: string): boolean {
  return !/Singleton(Lock|Cookie|Socket)$/u.test(path);
}
