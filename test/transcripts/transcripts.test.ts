/**
 * Raft's lessons as readable transcripts. The output of every command is compared to the letter. After a change, write
 * the outputs again and read every line of the difference: npm run test:unit -- test/transcripts/transcripts --update
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replay } from './transcript.ts';

const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));

test.each(names)('%s', async (name) => {
  const path = join(import.meta.dirname, name);
  const text = readFileSync(path, 'utf8');
  expect(text, 'a transcript says first what it shows').toMatch(/^# \S/);
  await expect(replay(text)).toMatchFileSnapshot(path);
});
