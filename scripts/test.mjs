/**
 * `npm test`: runs every check, prints the failed checks with their reasons, and summarizes all checks in the last
 * line. `npm run test:full` passes `--full`. It plays more seeds and examples (`TEST_EXTENT=full`), and adds the
 * browser tests with the tag `@full`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { requireNode } from './node-version.mjs';

requireNode();
const { installIfMissing } = await import('./install.mjs');
const { findOrInstallChromium } = await import('./chromium.mjs');
const { npm, ROOT, secondsSince } = await import('./run.mjs');
const { outcomeOfBrowserTests, outcomeOfSeeds, outcomeOfUnitTests } = await import('./test-reports.mjs');

const RESULTS = join(ROOT, 'test-results');
const isFull = process.argv.includes('--full');
/** Number of seeds that the simulator plays. With 40 or more, the simulator also checks its coverage counters. */
const SIMULATOR_SEEDS = isFull ? 40 : 16;

/** @typedef {import('./test-reports.mjs').Outcome} Outcome */

await installIfMissing();
const chromium = await findOrInstallChromium();
rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });

await npm(['run', '--silent', 'generate']);
const outcomes = [
  // These checks need only processor time, so they run in parallel.
  ...(await Promise.all([
    phase('Unit tests', runUnitTests),
    phase('Lint', () => runScript('lint', { quiet: true })),
    phase('Types', () => runScript('types', { quiet: true })),
    phase('Simulator', runSimulator),
  ])),
  // Browser tests run after the other checks, because a busy machine delays elections.
  await phase('Browser tests, four at a time', () => runBrowserTests('together', 4)),
  await phase('Browser tests, one at a time', () => runBrowserTests('alone', 1)),
];
if (isFull) outcomes.push(await phase('Browser tests of the full run', () => runBrowserTests('full', 1)));
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failures = outcomes.flatMap((outcome) => outcome.failures);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
// All failures are printed again at the end. People read the end of a long run, and logs often keep only the end.
for (const failure of failures) console.log(`\nfailed: ${failure}`);
console.log(`${passed} passed, ${failures.length} failed`);

/**
 * @param {string} name
 * @param {() => Promise<Outcome>} work
 * @returns {Promise<Outcome>}
 */
async function phase(name, work) {
  console.log(`\n── ${name} …`);
  const startMs = performance.now();
  const outcome = await work();
  const counts = `${outcome.passed} passed, ${outcome.failures.length} failed`;
  console.log(`── ${name}: ${counts} in ${secondsSince(startMs)}`);
  return outcome;
}

/**
 * Runs an npm script as one check, which passes or fails as a whole.
 * @param {string} script
 * @param {{ arguments?: readonly string[], env?: Record<string, string>, quiet?: boolean }} [options] `quiet` prints
 * the output at the end, and only if the check fails
 * @returns {Promise<Outcome>}
 */
async function runScript(script, { arguments: scriptArguments = [], env = {}, quiet = false } = {}) {
  const { code, output } = await npm(['run', '--silent', script, '--', ...scriptArguments], { env, quiet });
  if (code === 0) return { passed: 1, failures: [] };
  console.log(output);
  return { passed: 0, failures: [`npm run ${[script, '--', ...scriptArguments].join(' ')}\n    exit code ${code}`] };
}

async function runUnitTests() {
  const report = join(RESULTS, 'unit.json');
  const whole = await runScript('test:unit', {
    arguments: ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    env: isFull ? { TEST_EXTENT: 'full' } : {},
  });
  return outcomeOf(whole, report, outcomeOfUnitTests);
}

async function runSimulator() {
  const report = join(RESULTS, 'simulator.json');
  // The simulator gets one job, because the unit tests take the other cores.
  const whole = await runScript('sim', {
    arguments: ['--seeds', String(SIMULATOR_SEEDS), '--jobs', '1', '--report', report],
    quiet: true,
  });
  return outcomeOf(whole, report, outcomeOfSeeds);
}

/**
 * @param {string} project
 * @param {number} workers
 * @returns {Promise<Outcome>}
 */
async function runBrowserTests(project, workers) {
  if (chromium === undefined) return { passed: 0, failures: ['browser tests\n    Chromium was not found'] };
  const report = join(RESULTS, `browser-${project}.json`);
  const whole = await runScript('test:browser', {
    arguments: [`--project=${project}`, `--workers=${workers}`, '--reporter=list,json'],
    env: { CHROMIUM_PATH: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  });
  return outcomeOf(whole, report, outcomeOfBrowserTests);
}

/**
 * Reads the report of a run. A run that failed without a failed test counts as one failure.
 * @template Report
 * @param {Outcome} whole
 * @param {string} path
 * @param {(report: Report) => Outcome} read
 * @returns {Outcome}
 */
function outcomeOf(whole, path, read) {
  if (!existsSync(path)) {
    return { passed: 0, failures: whole.failures.length > 0 ? whole.failures : [`${path}\n    was not written`] };
  }
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- written just now by the reporter that the caller chose
  const report = JSON.parse(readFileSync(path, 'utf8'));
  // oxlint-disable-next-line typescript/no-unsafe-argument
  const outcome = read(report);
  return outcome.failures.length === 0 ? { ...outcome, failures: whole.failures } : outcome;
}
