/**
 * `play-courses.mjs <bundle> <part of a name>`: plays the course scenarios with some of the seeds. `COURSE_FIRST_SEED`
 * and `COURSE_SEEDS` select the seeds. Each completed play is reported to the parent process.
 */
import process from 'node:process';
import { startVitest } from 'vitest/node';
import { literalPattern } from './literal-pattern.mjs';
import { ROOT } from './run.mjs';

/** @typedef {import('vitest/node').Reporter} Reporter */

const [bundle = '', only = ''] = process.argv.slice(2);

/** @implements {Reporter} */
class Teller {
  /** @param {import('vitest/node').TestCase} played */
  onTestCaseResult(played) {
    const { state, errors } = played.result();
    if (state === 'skipped') return;
    const failure = state === 'failed' ? (errors[0]?.message ?? 'no reason was given') : undefined;
    tell({ title: played.name, failure, ...played.meta() });
  }

  /**
   * @param {unknown} _modules
   * @param {readonly { message: string, stack?: string }[]} errors
   */
  onTestRunEnd(_modules, errors) {
    for (const { message, stack } of errors) tell({ title: 'loading', failure: stack ?? message });
  }
}

const vitest = await startVitest('test', [], {
  root: ROOT,
  watch: false,
  include: [bundle],
  exclude: [],
  // All scenarios run in one worker, which compiles the code only once.
  maxWorkers: 1,
  testTimeout: 600_000,
  // A scenario prints only its trace. Vitest must not intercept the trace.
  disableConsoleIntercept: true,
  reporters: [new Teller()],
  ...(only === '' ? {} : { testNamePattern: literalPattern(only) }),
});
await vitest.close();

/** @param {import('./course-report.mjs').Played} played */
function tell(played) {
  process.send?.(JSON.stringify(played));
}
