/** `npm test` on a fresh clone: every check, one after another; the last line sums them up. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { requireNode } from './node-version.mjs';

requireNode();
const { installIfMissing } = await import('./install.mjs');
const { findOrInstallChromium } = await import('./chromium.mjs');
const { npm, ROOT, secondsSince } = await import('./run.mjs');

const RESULTS = join(ROOT, 'test-results');
const SIMULATOR_SEEDS = 40;

/** @typedef {{ passed: number, failed: number }} Tally */
/** @typedef {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: unknown[] }[] }} UnitReport */
/** @typedef {{ stats: { expected: number, unexpected: number, flaky: number } }} BrowserReport */

await installIfMissing();
const chromium = await findOrInstallChromium();
rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });

// One after another: beside each other they would disturb each other's elections.
const tallies = [
  await phase('Lint', () => runScript('lint')),
  await phase('Types', () => runScript('types')),
  await phase('Unit tests', runUnitTests),
  await phase('Simulator', runSimulator),
  await phase('Browser tests, two at a time', () => runBrowserTests('together', 2)),
  await phase('Browser tests, one at a time', () => runBrowserTests('alone', 1)),
];
const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);

/**
 * @param {string} name
 * @param {() => Promise<Tally>} work
 * @returns {Promise<Tally>}
 */
async function phase(name, work) {
  console.log(`\n── ${name} …`);
  const startMs = performance.now();
  const tally = await work();
  console.log(`── ${name}: ${tally.passed} passed, ${tally.failed} failed in ${secondsSince(startMs)}`);
  return tally;
}

/**
 * A check that passes or fails as a whole.
 * @param {string} script
 * @param {readonly string[]} [scriptArguments]
 * @param {Record<string, string>} [env]
 * @returns {Promise<Tally>}
 */
async function runScript(script, scriptArguments = [], env = {}) {
  const { code } = await npm(['run', '--silent', script, '--', ...scriptArguments], { env });
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function runUnitTests() {
  const report = join(RESULTS, 'unit.json');
  const whole = await runScript('test:unit', ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  return tallyOf(whole, report, (/** @type {UnitReport} */ { numPassedTests, numFailedTests, testResults }) => {
    // A file that cannot be loaded has no tests, and yet it failed.
    const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
    return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
  });
}

/** Each seed is one check: safety under faults, then convergence. */
async function runSimulator() {
  const report = join(RESULTS, 'simulator.json');
  const whole = await runScript('sim', ['--seeds', String(SIMULATOR_SEEDS), '--report', report]);
  return tallyOf(whole, report, (/** @type {Tally} */ { passed, failed }) => ({ passed, failed }));
}

/**
 * @param {string} project
 * @param {number} workers
 * @returns {Promise<Tally>}
 */
async function runBrowserTests(project, workers) {
  if (chromium === undefined) return { passed: 0, failed: 1 };
  const report = join(RESULTS, `browser-${project}.json`);
  const env = { CHROMIUM_PATH: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: report };
  const whole = await runScript(
    'test:browser',
    [`--project=${project}`, `--workers=${workers}`, '--reporter=list,json'],
    env,
  );
  return tallyOf(whole, report, (/** @type {BrowserReport} */ { stats }) => {
    return { passed: stats.expected, failed: stats.unexpected + stats.flaky };
  });
}

/**
 * What a reporter counted. Where the run failed although no test did, that is one failure.
 * @template Report
 * @param {Tally} whole
 * @param {string} path
 * @param {(report: Report) => Tally} count
 * @returns {Tally}
 */
function tallyOf(whole, path, count) {
  if (!existsSync(path)) return { passed: 0, failed: 1 };
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- written just now by the reporter that the caller chose
  const report = JSON.parse(readFileSync(path, 'utf8'));
  // oxlint-disable-next-line typescript/no-unsafe-argument
  const tally = count(report);
  return tally.failed === 0 && whole.failed > 0 ? { ...tally, failed: 1 } : tally;
}
