/** A browser profile on disk. It remains after its browser has ended, until it is removed. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A profile directory. The browser must be closed before any of these calls, because a running one writes during a
 * copy.
 */
export class Profile {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<Profile> {
    return new Profile(await mkdtemp(join(tmpdir(), 'shardbearer-profile-')));
  }

  /** Denies cookies, IndexedDB and Web Locks to all sites, as a setting of the browser does. */
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

  async rollBackTo(older: Profile): Promise<void> {
    await this.remove();
    await cp(older.directory, this.directory, { recursive: true, filter: isNoLock });
  }

  /** Deletes all data in the profile. */
  async wipe(): Promise<void> {
    await this.remove();
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Whether a file is no lock file. A copied lock file would name a process that does not own the copy. */
function isNoLock(path: string): boolean {
  return !/Singleton(Lock|Cookie|Socket)$/u.test(path);
}
