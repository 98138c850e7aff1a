/**
 * Raft's lessons as readable transcripts. The whole output of every command is compared. After a change, run `npm run
 * test:unit -- test/transcripts/transcripts --update` to write the outputs again. Then read every line of the
 * difference.
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
