import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import {
  type BrowserReport,
  outcomeOfBrowserTests,
  outcomeOfSeeds,
  outcomeOfUnitTests,
  type UnitReport,
} from '../../scripts/test-reports.mjs';

/** The directory lies inside the project, so that planted tests find the packages of the reporters. */
const results = fileURLToPath(new URL('../../test-results/', import.meta.url));
mkdirSync(results, { recursive: true });
const directory = mkdtempSync(join(results, 'planted-'));
afterAll(() => rmSync(directory, { recursive: true }));

const require = createRequire(import.meta.url);
const program = (packageName: string, path: string) =>
  join(dirname(require.resolve(`${packageName}/package.json`)), path);

async function reportOfFailing<Report>(path: string, programArguments: readonly string[], env = {}): Promise<Report> {
  const report = join(directory, 'report.json');
  const run = promisify(execFile)(process.execPath, [path, ...programArguments], {
    cwd: directory,
    env: { PATH: process.env['PATH'], ...env },
  });
  await expect(run).rejects.toMatchObject({ code: 1 });
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- written just now by the reporter that the caller chose
  const parsed: Report = JSON.parse(readFileSync(report, 'utf8'));
  return parsed;
}

test('a failed unit test or unloadable file is named with its file and reason', async () => {
  const planted = "import { expect, test } from 'vitest';\n";
  writeFileSync(join(directory, 'vitest.config.mjs'), "export default { test: { include: ['*.planted.ts'] } };");
  writeFileSync(
    join(directory, 'sums.planted.ts'),
    `${planted}test('right', () => {});\ntest('wrong', () => expect(1).toBe(2));`,
  );
  writeFileSync(join(directory, 'unloaded.planted.ts'), "throw new Error('cannot be loaded');");
  const report = await reportOfFailing<UnitReport>(program('vitest', 'vitest.mjs'), [
    'run',
    '--config=vitest.config.mjs',
    '--reporter=json',
    '--outputFile.json=report.json',
  ]);
  const { passed, failures } = outcomeOfUnitTests(report);
  expect(passed).toBe(1);
  expect(failures.toSorted()).toEqual([
    expect.stringMatching(/sums\.planted\.ts › wrong\n +AssertionError: expected 1 to be 2/u),
    expect.stringMatching(/unloaded\.planted\.ts\n +(Error: )?cannot be loaded/u),
  ]);
});

test('a failed browser test is named with its position and reason, without colours', async () => {
  const planted = "const { expect, test } = require('@playwright/test');\n";
  writeFileSync(
    join(directory, 'playwright.config.cjs'),
    "module.exports = { testMatch: '*.planted.cjs', outputDir: './results' };",
  );
  writeFileSync(
    join(directory, 'sums.planted.cjs'),
    `${planted}test('right', () => {});\ntest.describe('of these', () => test('wrong', () => expect(1).toBe(2)));`,
  );
  const report = await reportOfFailing<BrowserReport>(
    program('@playwright/test', 'cli.js'),
    ['test', '--config=playwright.config.cjs', '--reporter=json'],
    { PLAYWRIGHT_JSON_OUTPUT_NAME: 'report.json', FORCE_COLOR: '1' },
  );
  const { passed, failures } = outcomeOfBrowserTests(report);
  expect(passed).toBe(1);
  expect(failures).toEqual([expect.stringMatching(/sums\.planted\.cjs:3 › wrong\n +Error: expect\(received\)\.toBe/u)]);
});

test('a failed seed is named with its violation', () => {
  const seeds = [{ seed: 1 }, { seed: 2, violation: { message: 'two heralds in term 3' } }];
  expect(outcomeOfSeeds({ passed: 1, seeds })).toEqual({
    passed: 1,
    failures: ['seed 2 of the simulator\n    two heralds in term 3'],
  });
});
