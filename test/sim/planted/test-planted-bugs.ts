/** `npm test` plays one pinned seed for each planted bug. `npm run test:full` also searches from seed 1 on. */
import { describe, expect, test } from 'vitest';
import { IS_FULL_RUN } from '../../extent.ts';
import { findsBug, firstViolation, SEEDS } from './finding.ts';
import pinnedSeeds from './pinned-seeds.json' with { type: 'json' };
import { type PlantedBug, simulatorWith } from './planted-bug.ts';

/** Time limit of a test. It only bounds hanging, because both cores may be busy with other work. */
export const PATIENCE_MS = 600_000;

const PINNED: Readonly<Record<string, number | undefined>> = pinnedSeeds;

/** @param place prefix of the builds' names */
export function testPlantedBugs(place: string, bugs: readonly PlantedBug[]): void {
  describe('the pinned seed of a planted bug finds it, and passes without it', () => {
    const sound = simulatorWith(`${place}sound`, []);
    test.each(bugs.map((bug, number) => ({ ...bug, number })))('$name', { timeout: PATIENCE_MS }, async (bug) => {
      const { runSeed: runWithBug } = await simulatorWith(`${place}pinned-${bug.number}`, bug.replacements);
      const advice = `Pin a seed that finds this bug: npm run sim:pin -- ${JSON.stringify(bug.name)}`;
      // A new bug has no pinned seed yet, so its seed is searched, which takes longer.
      const seed = PINNED[bug.name] ?? firstViolation(runWithBug, bug.world)?.seed ?? 1;
      expect(findsBug(runWithBug, bug, seed), `Seed ${seed} does not find this bug. ${advice}`).toBe(true);
      const { runSeed: runWithoutBug } = await sound;
      expect(runWithoutBug({ ...bug.world, seed }).violation).toBeUndefined();
    });
  });

  describe.runIf(IS_FULL_RUN)(`a planted bug is found within ${SEEDS} seeds`, () => {
    test.each(bugs.map((bug, number) => ({ ...bug, number })))('$name', { timeout: PATIENCE_MS }, async (bug) => {
      const { runSeed: runWithBug } = await simulatorWith(`${place}${bug.number}`, bug.replacements);
      const found = firstViolation(runWithBug, bug.world);
      expect(bug.breaks).toContain(found?.violation?.property);
      // Without the bug, the same world and seed break no promise.
      const { runSeed: runWithoutBug } = await simulatorWith(`${place}${bug.number}-sound`, []);
      expect(runWithoutBug({ ...bug.world, seed: found?.seed ?? 1 }).violation).toBeUndefined();
    });
  });
}
