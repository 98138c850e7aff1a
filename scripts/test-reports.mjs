/**
 * Reads the reports of unit tests, browser tests and the simulator. Each reader returns the number of passed tests, and
 * every failure with its reason.
 */
import { stripVTControlCharacters } from 'node:util';

const REASON_LINES = 12;

/** @typedef {{ passed: number, failures: readonly string[] }} Outcome */

/**
 * @typedef {{ fullName: string, status: string, failureMessages: readonly string[] }} UnitTest
 * @typedef {{ name: string, status: string, message: string, assertionResults: readonly UnitTest[] }} UnitFile
 * @typedef {{ numPassedTests: number, testResults: readonly UnitFile[] }} UnitReport
 */

/**
 * @typedef {{ status: string, results: readonly { error?: { message?: string } }[] }} BrowserTest
 * @typedef {{ title: string, file: string, line: number, tests: readonly BrowserTest[] }} BrowserSpec
 * @typedef {{ specs?: readonly BrowserSpec[], suites?: readonly BrowserSuite[] }} BrowserSuite
 * @typedef {{ stats: { expected: number }, suites: readonly BrowserSuite[], errors: readonly { message?: string }[] }} BrowserReport
 */

/** @typedef {{ passed: number, seeds: readonly { seed: number, violation?: { message: string } }[] }} SimulatorReport */

/**
 * Reads a report of Vitest's `json` reporter.
 * @param {UnitReport} report
 * @returns {Outcome}
 */
export function outcomeOfUnitTests({ numPassedTests, testResults }) {
  const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
    // A file that cannot be loaded reports no tests, but it counts as a failure.
    if (status === 'failed' && assertionResults.length === 0) return [failure(name, message)];
    return assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => failure(`${name} › ${test.fullName}`, test.failureMessages[0]));
  });
  return { passed: numPassedTests, failures };
}

/**
 * Reads a report of Playwright's `json` reporter. A test that passed only at its second attempt counts as failed.
 * @param {BrowserReport} report
 * @returns {Outcome}
 */
export function outcomeOfBrowserTests({ stats, suites, errors }) {
  const failures = suites.flatMap(specsOf).flatMap(({ title, file, line, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ results }) => {
        const failed = results.find(({ error }) => error !== undefined);
        return failure(`${file}:${line} › ${title}`, failed?.error?.message);
      }),
  );
  return {
    passed: stats.expected,
    failures: [...failures, ...errors.map(({ message }) => failure('the run', message))],
  };
}

/**
 * Reads a report of the simulator. Each seed counts as one check.
 * @param {SimulatorReport} report
 * @returns {Outcome}
 */
export function outcomeOfSeeds({ passed, seeds }) {
  const failures = seeds.flatMap(({ seed, violation }) =>
    violation === undefined ? [] : [failure(`seed ${seed} of the simulator`, violation.message)],
  );
  return { passed, failures };
}

/** @type {(suite: BrowserSuite) => readonly BrowserSpec[]} */
function specsOf({ specs = [], suites = [] }) {
  return [...specs, ...suites.flatMap(specsOf)];
}

/**
 * @param {string} name
 * @param {string} [reason]
 */
function failure(name, reason = 'no reason was given') {
  const lines = stripVTControlCharacters(reason).trimEnd().split('\n').slice(0, REASON_LINES);
  return [name, ...lines].join('\n    ');
}
