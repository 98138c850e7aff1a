/**
 * A lock between processes. It uses only files, so it works before the dependencies are installed. After the holder of
 * the lock has crashed, another process can take the lock. Each holder creates a file with the next number, which only
 * one process can do. The file with the highest number is never deleted. A process that saw a crashed holder therefore
 * cannot break the lock of that holder's successor.
 */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

/** Directory of the lock that a process holds while it installs or builds in this source tree. */
export const LOCK = join(ROOT, 'dist', 'locks');
const LOOK_MS = 100;
const BEAT_MS = 1_000;
/** A holder counts as crashed if it has not updated the time of its file for this long. */
const SILENCE_MS = 30_000;
const RELEASED = 'released';
/** Content of the lock file while this process holds the lock. */
const OWNER = `${hostname()}\n${process.pid}`;

/**
 * Runs `work` under the lock of this directory. No other process works under the same lock meanwhile.
 * @template Result
 * @param {string} directory
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function withLock(directory, work) {
  const path = await acquire(directory);
  const beat = setInterval(() => unlessRemoved(() => utimesSync(path, new Date(), new Date())), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    unlessRemoved(() => {
      // If the file of this holder was deleted meanwhile, a file with the same number belongs to another holder.
      if (readFileSync(path, 'utf8') !== OWNER) return;
      // Truncating fails if the file was deleted. Writing alone would create the deleted file again.
      truncateSync(path);
      writeFileSync(path, RELEASED);
    });
  }
}

/**
 * Ignores a missing file, because a person may delete dist/ at any time. The work then continues without its lock.
 * @param {() => void} act
 */
function unlessRemoved(act) {
  try {
    act();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/**
 * Waits for the lock and takes it.
 * @param {string} directory
 * @returns {Promise<string>} the file by which this process holds the lock
 */
async function acquire(directory) {
  const watch = new HolderWatch(directory);
  for (;;) {
    // A person may have deleted the directory.
    mkdirSync(directory, { recursive: true });
    const highest = highestIn(directory);
    if (highest === 0 || watch.isFree(highest)) {
      const mine = highest + 1;
      if (create(join(directory, String(mine)))) {
        if (highestIn(directory) === mine) {
          for (const number of numbersIn(directory)) {
            // The file may be missing. A process that created its file too late deletes it, possibly at this moment.
            if (number < mine) rmSync(join(directory, String(number)), { force: true });
          }
          return join(directory, String(mine));
        }
        // When this process created its file, a later holder had already deleted the files with lower numbers. The new
        // file is outdated.
        rmSync(join(directory, String(mine)), { force: true });
      }
      continue;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Detects whether the holder of the lock has released it or has crashed. */
class HolderWatch {
  #directory;
  #told = false;
  #number = 0;
  #beatMs = 0;
  #heardAtMs = 0;

  /** @param {string} directory */
  constructor(directory) {
    this.#directory = directory;
  }

  /** @param {number} number */
  isFree(number) {
    const path = join(this.#directory, String(number));
    const found = look(path);
    if (found === undefined) return false;
    if (found.text === RELEASED) return true;
    if (this.#number !== number || this.#beatMs !== found.beatMs) {
      this.#number = number;
      this.#beatMs = found.beatMs;
      this.#heardAtMs = performance.now();
    }
    const [host, pid] = found.text.split('\n');
    if (host === hostname() && pid !== undefined && !isAlive(Number(pid))) return true;
    if (!this.#told && pid !== undefined) {
      this.#told = true;
      console.log(`Process ${pid} installs or builds here. Waiting for it …`);
    }
    return performance.now() - this.#heardAtMs > SILENCE_MS;
  }
}

/**
 * @param {string} path
 * @returns {{ text: string, beatMs: number } | undefined} undefined: the file was deleted
 */
function look(path) {
  try {
    return { text: readFileSync(path, 'utf8'), beatMs: statSync(path).mtimeMs };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** @param {string} path */
function create(path) {
  try {
    writeFileSync(path, OWNER, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST') || hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** @param {string} directory */
function numbersIn(directory) {
  return readdirSync(directory)
    .filter((name) => /^\d+$/u.test(name))
    .map(Number);
}

/** @param {string} directory */
function highestIn(directory) {
  return Math.max(0, ...numbersIn(directory));
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  return error instanceof Error && 'code' in error && error.code === code;
}
