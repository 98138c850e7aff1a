/** Runs of the simulator in which a planted bug breaks a promise. */
import type { runSeed, SeedOptions, SeedReport } from '../../../src/sim/runs/run-seed.ts';
import type { PlantedBug } from './planted-bug.ts';

export const SEEDS = 200;

/** Whether this seed breaks a promise that the bug is known to break. */
export function findsBug(run: typeof runSeed, { world, breaks }: PlantedBug, seed: number): boolean {
  const { violation } = run({ ...world, seed });
  return violation !== undefined && breaks.includes(violation.property);
}

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
