/** Every transcript must change under at least one planted mistake. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { moduleWith } from '../sim/planted/planted-bug.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import type * as Transcript from './transcript.ts';

const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));

test.each(PLANTED_BUGS.map((bug, number) => ({ ...bug, number })))('$name: shown', async (bug) => {
  const { replay } = await moduleWith<typeof Transcript>(
    'test/transcripts/transcript.ts',
    `transcripts-${bug.number}`,
    [bug.replacement],
  );
  const different = names.filter((name) => {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    return replayOrStop(replay, text) !== text;
  });
  expect(different).toEqual(expect.arrayContaining([...bug.shownBy]));
});

test('every transcript shows at least one planted bug', () => {
  expect([...new Set(PLANTED_BUGS.flatMap(({ shownBy }) => shownBy))].toSorted()).toEqual(names.toSorted());
});

/** Replays a transcript. A failed assertion counts as another output. */
function replayOrStop(replay: (text: string) => string, text: string): string {
  try {
    return replay(text);
  } catch (error) {
    return String(error);
  }
}
