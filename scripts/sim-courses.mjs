/**
 * `npm run sim:courses -- --seeds 20 --long`: plays the course suites' scenarios over many seeds, and sums up what was
 * measured. `--first 7 --seeds 1 --only 'figure 8'` plays one again; `--suite shards` only those of many orders.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { npm, ROOT } from './run.mjs';

/** @typedef {{ what: string, measured: number, atMost: number }} Measurement */
/** @typedef {{ title: string, meta: { measurements?: readonly Measurement[] } }} Played */
/** @typedef {{ testResults: readonly { assertionResults: readonly Played[] }[] }} Report */

/** Where the scenarios lie. */
const SUITES = { order: 'test/sim/courses', shards: 'test/sim/shards' };

const { values } = parseArgs({
  options: {
    /** `order`: of one order; `shards`: of many. Default: all. */
    suite: { type: 'string' },
    seeds: { type: 'string', default: '20' },
    first: { type: 'string', default: '1' },
    /** Part of a scenario's name. */
    only: { type: 'string', default: '' },
    /** As many rounds of each as the courses play. */
    long: { type: 'boolean', default: false },
    /** Every event in words. */
    trace: { type: 'boolean', default: false },
  },
});

const folders = Object.entries(SUITES).flatMap(([suite, folder]) =>
  values.suite === undefined || values.suite === suite ? [folder] : [],
);
if (folders.length === 0) throw new Error(`--suite is one of ${Object.keys(SUITES).join(', ')}`);

const results = join(ROOT, 'test-results');
const path = join(results, 'courses.json');
mkdirSync(results, { recursive: true });
rmSync(path, { force: true });
const vitest = ['--reporter=dot', '--reporter=json', `--outputFile.json=${path}`, '--testTimeout=600000'];
const { code } = await npm(['run', '--silent', 'test:unit', '--', ...folders, ...vitest, '-t', values.only], {
  env: {
    COURSE_SEEDS: values.seeds,
    COURSE_FIRST_SEED: values.first,
    COURSE_LENGTH: values.long ? 'long' : 'short',
    COURSE_TRACE: values.trace ? 'yes' : 'no',
  },
});
process.exitCode = code;

/** @type {Report} */
// oxlint-disable-next-line typescript/no-unsafe-assignment -- written just now by the reporter that was chosen above
const report = JSON.parse(readFileSync(path, 'utf8'));
/** Of each measurement the one that came closest to its limit. @type {Map<string, Measurement>} */
const closest = new Map();
for (const { title, meta } of report.testResults.flatMap(({ assertionResults }) => assertionResults)) {
  const scenario = title.replace(/ \(seed \d+\)$/u, '');
  for (const measurement of meta.measurements ?? []) {
    const name = `${scenario}\n    ${measurement.what}`;
    const before = closest.get(name);
    if (before === undefined || shareOf(measurement) > shareOf(before)) closest.set(name, measurement);
  }
}
for (const [name, { measured, atMost }] of closest) console.log(`${name}: ${measured}, at most ${atMost}`);

/** @param {Measurement} measurement */
function shareOf({ measured, atMost }) {
  return measured / atMost;
}
