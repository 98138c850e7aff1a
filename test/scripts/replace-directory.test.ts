import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceDirectory } from '../../scripts/replace-directory.mjs';

let parent: string;
let directory: string;

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'shardbearer-replace-'));
  directory = join(parent, 'library');
  await replaceDirectory(directory, (unfinished) => write(unfinished, 'old'));
});

afterEach(() => rmSync(parent, { recursive: true }));

test('the old content stays until the new one is complete', async () => {
  await replaceDirectory(directory, async (unfinished) => {
    await write(unfinished, 'new');
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('old');
  });
  expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('new');
  expect(readdirSync(parent)).toEqual(['library']);
});

test('a replacement that fails changes nothing, and the next one succeeds', async () => {
  const failing = replaceDirectory(directory, async (unfinished) => {
    await write(unfinished, 'half');
    throw new Error('broken');
  });
  await expect(failing).rejects.toThrow('broken');
  expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('old');
  await replaceDirectory(directory, (unfinished) => write(unfinished, 'new'));
  expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('new');
});

function write(target: string, content: string): Promise<void> {
  writeFileSync(join(target, 'file'), content);
  return Promise.resolve();
}
