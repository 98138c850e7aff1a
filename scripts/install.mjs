/** Installs the locked dependencies if they are missing or older than the lock file. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LOCK, withLock } from './lock.mjs';
import { npm, ROOT, secondsSince } from './run.mjs';

export async function installIfMissing() {
  if (reasonToInstall() !== undefined) await withLock(LOCK, install);
}

async function install() {
  // Another process may have installed the dependencies while this process waited for the lock.
  const reason = reasonToInstall();
  if (reason === undefined) return;
  console.log(`Installing the locked dependencies (${reason}) …`);
  const startMs = performance.now();
  const { code } = await npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code !== 0) {
    console.error(
      'The dependencies could not be installed. The errors are above. npm needs a network connection to its registry.',
    );
    process.exit(1);
  }
  console.log(`Installed in ${secondsSince(startMs)}.`);
}

function reasonToInstall() {
  // npm writes this copy of the lock file last. If it is missing, an earlier install was interrupted.
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return 'no dependencies are installed';
  if (!existsSync(join(ROOT, 'node_modules', 'vite'))) return 'the development dependencies are missing';
  const lock = join(ROOT, 'package-lock.json');
  return statSync(lock).mtimeMs > statSync(installed).mtimeMs ? 'the lock file is newer' : undefined;
}
