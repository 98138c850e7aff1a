/**
 * `npm run sim:courses -- --seeds 20 --long`: plays the course scenarios with many seeds on all cores, and summarizes
 * the measurements. `--first 7 --seeds 1 --only 'figure 8'` repeats one play. `--suite shards` plays the scenarios with
 * many orders.
 */
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { bundleTests, generate } from './bundle.mjs';
import { CourseReport } from './course-report.mjs';
import { ROOT, secondsSince } from './run.mjs';

/** For each suite, the folder of its scenarios. */
const SUITES = { order: 'test/sim/courses', shards: 'test/sim/shards' };
/** Time between two progress reports. */
const PROGRESS_MS = 30_000;

const { values } = parseArgs({
  options: {
    /** `order` selects the scenarios of one order, and `shards` those of many orders. Default: both. */
    suite: { type: 'string' },
    seeds: { type: 'string', default: '20' },
    first: { type: 'string', default: '1' },
    /** Plays only scenarios whose name contains this text. */
    only: { type: 'string', default: '' },
    /** Plays as many rounds as the original courses do. */
    long: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    /** Number of parallel processes. The seeds are divided among them. Default: one process per core. */
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});

const folders = Object.entries(SUITES).flatMap(([suite, folder]) =>
  values.suite === undefined || values.suite === suite ? [folder] : [],
);
if (folders.length === 0) throw new Error(`--suite is one of ${Object.keys(SUITES).join(', ')}`);
const [seeds, first, jobs] = [numberOf('seeds'), numberOf('first'), numberOf('jobs')];

await generate();
// The files are bundled into one, because the test runner takes 1.5 times as long for separate files.
const files = folders.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`),
);
const bundle = await bundleTests(files, 'courses');
const startMs = performance.now();
const report = new CourseReport({ suite: values.suite, isLong: values.long });
const progress = setInterval(() => console.log(`${secondsSince(startMs)}: ${report.progress(seeds)}`), PROGRESS_MS);
const shares = Array.from({ length: Math.min(jobs, seeds) }, (_, job) => shareOf(job));
const codes = await Promise.all(shares.map(play));
clearInterval(progress);
console.log(report.summary());
console.log(`${secondsSince(startMs)}: ${report.progress(seeds)}`);
process.exitCode = codes.every((code) => code === 0) && report.hasPassed ? 0 : 1;

/** @param {'seeds' | 'first' | 'jobs'} name */
function numberOf(name) {
  const text = values[name];
  if (!/^[1-9]\d{0,8}$/u.test(text)) throw new Error(`--${name} takes a whole number above 0, not "${text}"`);
  return Number(text);
}

/**
 * The consecutive seeds of one job. All jobs get about equally many.
 * @param {number} job
 */
function shareOf(job) {
  const count = Math.min(jobs, seeds);
  const [from, to] = [Math.floor((job * seeds) / count), Math.floor(((job + 1) * seeds) / count)];
  return { first: first + from, seeds: to - from };
}

/**
 * @param {{ first: number, seeds: number }} share
 * @returns {Promise<number>} the exit code
 */
function play(share) {
  return new Promise((resolve) => {
    const child = fork(join(ROOT, 'scripts', 'play-courses.mjs'), [bundle, values.only], {
      cwd: ROOT,
      env: {
        ...process.env,
        COURSE_SEEDS: String(share.seeds),
        COURSE_FIRST_SEED: String(share.first),
        COURSE_ALL_SEEDS: String(seeds),
        COURSE_LENGTH: values.long ? 'long' : 'short',
        TEST_EXTENT: 'full',
        COURSE_TRACE: values.trace ? 'yes' : 'no',
      },
    });
    child.on('message', (told) => {
      /** @type {import('./course-report.mjs').Played} */
      // oxlint-disable-next-line typescript/no-unsafe-assignment -- written by the process that was started here
      const played = JSON.parse(typeof told === 'string' ? told : '{}');
      const failure = report.add(played);
      if (failure !== undefined) console.log(failure);
    });
    child.on('error', (error) => console.log(String(error)));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
