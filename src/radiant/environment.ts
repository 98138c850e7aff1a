import type { Times } from '../wire/times.ts';

/** Clock, randomness and times of a radiant. The simulator, the worker and Node each provide their own. */
export interface Environment {
  /** Monotonic milliseconds, from any origin. */
  nowMs(): number;
  /** Returns a number in [0, 1), uniformly distributed. For time-outs, never for ids. */
  random(): number;
  /** Returns unpredictable bytes, for ids. */
  randomBytes(length: number): Uint8Array;
  /** `TIMES`, except in a test that cannot wait for the defaults. */
  readonly times: Times;
}
