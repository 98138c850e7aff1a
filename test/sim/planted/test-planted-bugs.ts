/**
 * `npm test` plays one pinned seed for each planted bug, except for those of the full run. `npm run test:full` plays all,
 * and also searches from seed 1 on.
 */
import { describe, expect, test } from 'vitest';
import type { runSeed, SeedReport } from '../../../src/sim/runs/run-seed.ts';
import { IS_FULL_RUN } from '../../extent.ts';
import { faultsUntil, firstViolation, SEEDS, showsBug } from './finding.ts';
import pinnedSeeds from './pinned-seeds.json' with { type: 'json' };
import { type PlantedBug, type PlantedWorld, simulatorWith } from './planted-bug.ts';

/** Time limit of a test. It only bounds hanging, because both cores may be busy with other work. */
export const PATIENCE_MS = 600_000;

/** @param place prefix of the builds' names */
export function testPlantedBugs(place: string, bugs: readonly PlantedBug[]): void {
  const cases = bugs
    .filter(({ isForFullRun = false }) => IS_FULL_RUN || !isForFullRun)
    .map((bug, number) => ({ ...bug, number }));
  const sound = simulatorWith(`${place}sound`, []);
  const controls = new ControlRuns();

  describe('the pinned seed finds the planted bug', () => {
    test.each(cases)('$name', { timeout: PATIENCE_MS }, async (bug) => {
      const { runSeed: runWithBug } = await simulatorWith(`${place}pinned-${bug.number}`, bug.replacements);
      const seed = pinnedSeedOf(bug);
      const found = runWithBug({ ...bug.world, seed });
      expect(showsBug(found, bug), `Seed ${seed} does not find this bug. ${adviceFor(bug)}`).toBe(true);
      controls.needFaultsUntil(found.virtualMs, bug.world, seed);
    });
  });

  describe('the pinned seed passes without the planted bug', () => {
    test.each(cases)('$name', { timeout: PATIENCE_MS }, async (bug) => {
      const { runSeed: runWithoutBug } = await sound;
      expect(controls.run(runWithoutBug, bug.world, pinnedSeedOf(bug)).violation).toBeUndefined();
    });
  });

  describe.runIf(IS_FULL_RUN)(`a planted bug is found within ${SEEDS} seeds`, () => {
    test.each(cases)('$name', { timeout: PATIENCE_MS }, async (bug) => {
      const { runSeed: runWithBug } = await simulatorWith(`${place}${bug.number}`, bug.replacements);
      const found = firstViolation(runWithBug, bug.world);
      expect(bug.breaks).toContain(found?.violation?.property);
      // Without the bug, the same world and seed break no promise.
      const { runSeed: runWithoutBug } = await sound;
      expect(runWithoutBug({ ...bug.world, seed: found?.seed ?? 1 }).violation).toBeUndefined();
    });
  });
}

function pinnedSeedOf(bug: PlantedBug): number {
  const seeds: Readonly<Record<string, number | undefined>> = pinnedSeeds;
  const seed = seeds[bug.name];
  if (seed === undefined) throw new Error(`No seed is pinned for this bug. ${adviceFor(bug)}`);
  return seed;
}

function adviceFor({ name }: PlantedBug): string {
  return `Pin a seed that finds it: npm run sim:pin -- ${JSON.stringify(name)}`;
}

/** Runs of the correct build. Bugs with the same world and seed share one run. */
class ControlRuns {
  readonly #faultsMs = new Map<string, number>();
  readonly #reports = new Map<string, SeedReport>();

  /** The run of this world and seed has all faults until then. */
  needFaultsUntil(foundAtMs: number, world: PlantedWorld, seed: number): void {
    const name = nameOf(world, seed);
    this.#faultsMs.set(name, Math.max(this.#faultsMs.get(name) ?? 0, faultsUntil(foundAtMs, world)));
  }

  run(runWithoutBug: typeof runSeed, world: PlantedWorld, seed: number): SeedReport {
    const name = nameOf(world, seed);
    let report = this.#reports.get(name);
    if (report === undefined) {
      report = runWithoutBug({ ...world, seed, faultsMs: this.#faultsMs.get(name) ?? world.faultsMs });
      this.#reports.set(name, report);
    }
    return report;
  }
}

function nameOf(world: PlantedWorld, seed: number): string {
  return JSON.stringify({ ...world, seed });
}
