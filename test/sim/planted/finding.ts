/** Whether the simulator finds what was planted. */
import { describe, expect, test } from 'vitest';
import { runSeed, type SeedOptions, type SeedReport } from '../../../src/sim/runs/run-seed.ts';
import { type PlantedBug, simulatorWith } from './planted-bug.ts';

const SEEDS = 200;
export const PATIENCE_MS = 240_000;

/**
 * The first seed of all in which a promise breaks.
 * @param property that breaks; undefined: any
 */
export function firstViolation(
  run: typeof runSeed,
  world: Omit<SeedOptions, 'seed'>,
  property?: string,
): SeedReport | undefined {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const report = run({ ...world, seed });
    const broken = report.violation?.property;
    if (broken !== undefined && broken === (property ?? broken)) return report;
  }
  return undefined;
}

/** @param place of what is built, apart from what others build */
export function testPlantedBugs(place: string, bugs: readonly PlantedBug[]): void {
  describe(`a planted bug is found within ${SEEDS} seeds`, () => {
    for (const [number, { name, replacements, world, breaks }] of bugs.entries()) {
      test(`${name}`, { timeout: PATIENCE_MS }, async () => {
        const { runSeed: runWithBug } = await simulatorWith(`${place}${number}`, replacements);
        const found = firstViolation(runWithBug, world);
        expect(breaks).toContain(found?.violation?.property);
        // The very same world and seed are without fault as the product stands.
        expect(runSeed({ ...world, seed: found?.seed ?? 1 }).violation).toBeUndefined();
      });
    }
  });
}
