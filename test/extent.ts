/**
 * The extent of checks that repeat a scenario. `npm test` plays each kind of case. `npm run test:full` sets
 * `TEST_EXTENT=full`, and plays more seeds and examples of the same kinds.
 */
import process from 'node:process';

export const IS_FULL_RUN = process.env['TEST_EXTENT'] === 'full';

/** The number of repetitions: `gate` in `npm test`, and `full` in `npm run test:full`. */
export function extent(gate: number, full: number): number {
  return IS_FULL_RUN ? full : gate;
}
