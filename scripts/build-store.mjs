/**
 * The builds of this source tree. Each build has its own directory, which never changes once the build is complete. A
 * new build is made in a temporary directory that is then renamed. Thus a running server keeps its build, and tabs of
 * earlier builds find their files.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './lock.mjs';

/** Number of builds that are kept in addition to those that running servers use. */
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
   * @param {() => string} nameOfSources the same for the same sources
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
      // An interrupted build may have left the directory behind.
      rmSync(unfinished, { recursive: true, force: true });
      mkdirSync(unfinished, { recursive: true });
      await make(unfinished);
      // The sources changed during the build, so the build may mix both versions.
      if (nameOfSources() !== name) return await this.choose(nameOfSources, make);
      renameSync(unfinished, chosen);
    }
    writeFileSync(`${this.#pointer}.new`, name);
    renameSync(`${this.#pointer}.new`, this.#pointer);
    this.#prune(name);
    return chosen;
  }

  /**
   * Protects a build from pruning while this process runs. Call it together with `choose`, before another process can
   * prune.
   * @param {string} build its directory
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

  /** Names of the builds that running processes use. */
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
