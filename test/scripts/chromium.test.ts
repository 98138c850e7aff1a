import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isRunningChromium } from '../../scripts/chromium.mjs';

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shardbearer-chromium-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

test.each([
  ['a Chromium', 'echo "Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)"', true],
  ['a Chrome', 'echo "Google Chrome 150.0.7000.1"', true],
  ['a stub that asks for a snap', 'echo "Command requires the chromium snap to be installed." >&2; exit 1', false],
  ['a Chromium inside of a snap', 'echo "Chromium 149.0.6900.1 snap"', false],
  ['another program', 'echo "GNU bash, version 5.2.15"', false],
  ['a program that fails', 'echo "Chromium 156.0.8078.79"; exit 127', false],
])('%s is accepted or refused by its printed version', async (name, script, expected) => {
  expect(await isRunningChromium(executable(name.replaceAll(' ', '-'), script))).toBe(expected);
});

test('a link into a snap is not followed', async () => {
  const target = executable('snap/bin/chromium', 'echo "Chromium 149.0.6900.1"');
  const link = join(directory, 'chromium-browser');
  symlinkSync(target, link);
  expect(await isRunningChromium(link)).toBe(false);
  expect(await isRunningChromium(join(directory, 'nothing-here'))).toBe(false);
});

function executable(name: string, script: string): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
