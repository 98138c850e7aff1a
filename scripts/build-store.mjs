/**
 * The builds of this source tree. Each build has its own directory, which never changes once the build is complete. A
 * new build is made in a temporary directory, which is then renamed. A running server thus keeps its build, and tabs of
 * earlier builds find their files.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './lock.mjs';

/** Number of builds that are kept. An older build is kept only while a running server uses it. */
const KEPT_BUILDS = 5;
const UNFINISHED = '.unfinished';

export class BuildStore {
  #builds;
  #leases;
  #pointer;

  /** @param {string} directory */
  constructor(directory) {
    this.#builds = join(directory, 'builds');
    this.#leases = join(directory, 'leases');
    this.#pointer = join(directory, 'current-build');
  }

  /** The directory that contains one directory for each build. */
  get directory() {
    return this.#builds;
  }

  /** The directory of the build that was chosen last. */
  get current() {
    return join(this.#builds, readFileSync(this.#pointer, 'utf8'));
  }

  /**
   * Makes the build unless it exists, and makes it the current build. Only one process at a time may call this.
   * @param {() => string} nameOfSources returns a name that changes only with the sources
   * @param {(directory: string) => Promise<void>} make fills an empty directory below `directory`
   * @returns {Promise<string>} the directory of the build
   */
  async choose(nameOfSources, make) {
    const name = nameOfSources();
    const chosen = join(this.#builds, name);
    if (isDirectory(chosen)) {
      utimesSync(chosen, new Date(), new Date());
    } else {
      const unfinished = join(this.#builds, UNFINISHED);
      // An interrupted build may have left its temporary directory.
      rmSync(unfinished, { recursive: true, force: true });
      mkdirSync(unfinished, { recursive: true });
      await make(unfinished);
      // If the sources changed during the build, the build may mix both versions, so it is made again.
      if (nameOfSources() !== name) return await this.choose(nameOfSources, make);
      renameSync(unfinished, chosen);
    }
    writeFileSync(`${this.#pointer}.new`, name);
    renameSync(`${this.#pointer}.new`, this.#pointer);
    this.#prune(name);
    return chosen;
  }

  /**
   * Protects a build from being pruned while this process runs. Call `choose` and `lease` under the same lock, so that
   * no other process prunes in between.
   * @param {string} build the directory of the build
   */
  lease(build) {
    mkdirSync(this.#leases, { recursive: true });
    const name = build.slice(this.#builds.length + 1);
    const path = join(this.#leases, `${name}.${process.pid}`);
    writeFileSync(path, '');
    process.once('exit', () => rmSync(path, { force: true }));
  }

  /** @param {string} current */
  #prune(current) {
    const leased = this.#leasedNames();
    const others = readdirSync(this.#builds)
      .filter((name) => name !== UNFINISHED && name !== current)
      .map((name) => ({ name, chosenMs: statSync(join(this.#builds, name)).mtimeMs }))
      .sort((one, other) => other.chosenMs - one.chosenMs);
    for (const { name } of others.slice(KEPT_BUILDS - 1)) {
      if (!leased.has(name)) rmSync(join(this.#builds, name), { recursive: true, force: true });
    }
  }

  /** Returns the names of the builds that running processes use. */
  #leasedNames() {
    const names = new Set();
    if (!isDirectory(this.#leases)) return names;
    for (const lease of readdirSync(this.#leases)) {
      const [name, pid] = lease.split('.');
      if (isAlive(Number(pid))) names.add(name);
      else rmSync(join(this.#leases, lease), { force: true });
    }
    return names;
  }
}

/** @param {string} path */
function isDirectory(path) {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
