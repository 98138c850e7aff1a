/** Runs the simulator with a planted bug, and looks for a broken promise. */
import type { runSeed, SeedOptions, SeedReport } from '../../../src/sim/runs/run-seed.ts';
import type { PlantedBug } from './planted-bug.ts';

export const SEEDS = 200;

/** Whether the run of this seed breaks one of the promises that the bug is known to break. */
export function findsBug(run: typeof runSeed, { world, breaks }: PlantedBug, seed: number): boolean {
  const { violation } = run({ ...world, seed });
  return violation !== undefined && breaks.includes(violation.property);
}

/**
 * The first seed whose run breaks a promise, with the broken promise.
 * @param property the promise to look for; undefined: any promise
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
