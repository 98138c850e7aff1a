/** The output and the exit code of `npm start`. */
import { afterEach, expect, test } from 'vitest';
import { until } from '../browser/harness/until.ts';
import { ProcessGroup } from '../browser/harness/process-group.ts';

/** Matches the output of a build, and of the wait for another process that builds. */
const PROGRESS = /^(Buil[dt]|Process \d+ installs or builds here)/u;

const running: ProcessGroup[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((group) => group.kill()));
});

test.each([
  [{ HTTPS_KEY: 'package.json', HTTPS_CERTIFICATE: 'package.json' }, 'HTTPS_KEY'],
  [{ PAGES: 'missing' }, 'PAGES'],
  [{ HOST: '203.0.113.1' }, 'HOST=203.0.113.1'],
  [{ HOST: 'no such host' }, 'HOST=no such host'],
])(
  'a wrong setting ends the server with one line and exit code 1: %o',
  async (variables, name) => {
    const group = start(variables);
    await until('the server ends', () => group.hasEnded, { timeoutMs: 60_000 });
    expect(await group.end()).toBe(1);
    const lines = group.output.split('\n').filter((line) => line !== '' && !PROGRESS.test(line));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(name);
  },
  60_000,
);

function start(variables: Record<string, string>): ProcessGroup {
  const group = new ProcessGroup(process.execPath, ['scripts/start.mjs'], {
    NODE_ENV: 'production',
    PORT: '0',
    ...variables,
  });
  running.push(group);
  return group;
}
