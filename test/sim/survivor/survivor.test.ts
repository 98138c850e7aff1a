import { expect, test } from 'vitest';
import { extent } from '../../extent.ts';
import { moduleWith, type Replacement } from '../planted/planted-bug.ts';
import { runSurvivor, type SurvivorReport } from './survivor-run.ts';

const SEEDS = extent(8, 60);
/** Number of seeds to play until one of them finds a bug, as for the planted bugs. */
const SEARCHED_SEEDS = 200;
const PATIENCE_MS = 240_000;

/** @param first seed that found the bug before; it is played first */
function isFound(run: (seed: number) => SurvivorReport, first: number): boolean {
  if (run(first).violation !== undefined) return true;
  for (let seed = 1; seed <= SEARCHED_SEEDS; seed++) if (run(seed).violation !== undefined) return true;
  return false;
}

test(
  'every acknowledged write is on the companion’s disk when the sole voter’s disk is lost',
  () => {
    const reports = Array.from({ length: SEEDS }, (_, at) => runSurvivor(at + 1));
    expect(reports.flatMap(({ violation }) => violation ?? [])).toEqual([]);
    expect(reports.filter(({ isJudged }) => isJudged).length).toBeGreaterThan(SEEDS / 3);
    expect(reports.reduce((sum, { answered }) => sum + answered, 0)).toBeGreaterThan(SEEDS * 50);
  },
  PATIENCE_MS,
);

const BUGS: readonly (readonly [string, number, Replacement])[] = [
  [
    'a write is answered before the companion has flushed it',
    4,
    {
      file: 'radiant/herald/herald.ts',
      find: '    const told = entry !== undefined && isProposed(entry) && nameOf(entry) === pending.name ? answer : undefined;\n',
      replace: `    const told = entry !== undefined && isProposed(entry) && nameOf(entry) === pending.name ? answer : undefined;
    this.#settle(pending, told ?? this.#unknownOutcome());
    if (pending.index > 0) return;
`,
    },
  ],
  [
    'a read is answered before the companion has flushed what it shows',
    84,
    {
      file: 'radiant/herald/pending-reads.ts',
      find: '    const answer = read.read();\n',
      replace: `    const answer = read.read();
    this.#count -= 1;
    read.answer(read.origin, answer);
    if (this.#count >= 0) return;
`,
    },
  ],
];

for (const [name, seed, replacement] of BUGS) {
  test(
    `it is found when ${name}`,
    async () => {
      const { runSurvivor: runWithBug } = await moduleWith<{ runSurvivor: typeof runSurvivor }>(
        'test/sim/survivor/survivor-run.ts',
        `survivor ${replacement.file.replaceAll('/', ' ')}`,
        [replacement],
      );
      expect(isFound(runWithBug, seed)).toBe(true);
    },
    PATIENCE_MS,
  );
}
