/** Runs the simulator with a planted bug, and looks for a broken promise. */
import type { runSeed, SeedOptions, SeedReport } from '../../../src/sim/runs/run-seed.ts';
import type { PlantedBug, PlantedWorld } from './planted-bug.ts';

export const SEEDS = 200;

/** Whether a run broke a promise that the bug is known to break. */
export function showsBug({ violation }: SeedReport, { breaks }: PlantedBug): boolean {
  return violation !== undefined && breaks.includes(violation.property);
}

/**
 * The faults that showed a bug, for a run of the correct build. Faults after the violation would prove nothing more.
 * @param foundAtMs virtual time of the violation
 */
export function faultsUntil(foundAtMs: number, { faultsMs }: PlantedWorld): number {
  // Faults begin after the founding, so they last beyond the violation.
  return Math.min(faultsMs, Math.ceil(foundAtMs));
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
