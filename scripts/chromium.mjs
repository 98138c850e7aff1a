/** Finds a Chromium that runs, or installs one. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { npm, ROOT, run } from './run.mjs';

const VERSION_TIMEOUT_MS = 20_000;
const INSTALL_TIMEOUT_MS = 180_000;
const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
const MAC_APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Returns the path of a Chromium that starts, or undefined.
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const asked = process.env['CHROMIUM_PATH'];
  if (asked) {
    if (await isRunningChromium(asked)) return asked;
    console.error(`CHROMIUM_PATH is "${asked}", which does not run; looking for another one.`);
  }
  for (const path of [await playwrightsOwn(), ...systemPaths()]) {
    if (path !== undefined && existsSync(path) && (await isRunningChromium(path))) return path;
  }
  return undefined;
}

/**
 * Finds a Chromium, or installs one. If no installation succeeds, prints the command that the user has to run.
 * @returns {Promise<string | undefined>}
 */
export async function findOrInstallChromium() {
  const found = await findChromium();
  if (found !== undefined) return found;
  console.log('Found no Chromium. Installing one …');
  for (const install of [installPlaywrights, installDebians]) {
    await install();
    const installed = await findChromium();
    if (installed !== undefined) return installed;
  }
  console.error('No Chromium could be installed. Run this command, then repeat the tests:');
  console.error('  npx playwright install --with-deps chromium');
  console.error('or set CHROMIUM_PATH to the executable of a Chromium or Chrome.');
  return undefined;
}

async function installPlaywrights() {
  const { code } = await npm(['exec', '--', 'playwright', 'install', 'chromium'], { timeoutMs: INSTALL_TIMEOUT_MS });
  if (code !== 0) console.log("Playwright's installer did not succeed.");
}

async function installDebians() {
  if (process.getuid?.() !== 0 || !isDebian()) return;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], { env, timeoutMs: INSTALL_TIMEOUT_MS });
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], {
    env,
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
}

/** Whether the system is Debian. Ubuntu does not count, because Ubuntu's chromium package only refers to a snap. */
function isDebian() {
  return existsSync('/etc/os-release') && /^ID="?debian"?$/mu.test(readFileSync('/etc/os-release', 'utf8'));
}

async function playwrightsOwn() {
  if (!existsSync(join(ROOT, 'node_modules', '@playwright', 'test'))) return undefined;
  const { chromium } = await import('@playwright/test');
  return chromium.executablePath();
}

function systemPaths() {
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  const found = SYSTEM_NAMES.flatMap((name) => directories.map((directory) => join(directory, name)));
  return [...found, ...MAC_APPLICATIONS].filter((path) => existsSync(path));
}

/**
 * Whether the executable starts and prints its version. Snaps do not count, because a Chromium in a snap cannot read a
 * profile in /tmp.
 * @param {string} path
 */
export async function isRunningChromium(path) {
  if (!existsSync(path) || realpathSync(path).includes('/snap')) return false;
  const { code, output } = await run(path, ['--version'], { quiet: true, timeoutMs: VERSION_TIMEOUT_MS });
  return code === 0 && /\b(Chromium|Chrome|Edge)\b.*\d+\.\d+/u.test(output) && !/\bsnap\b/u.test(output);
}
