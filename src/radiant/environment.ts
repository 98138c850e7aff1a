import type { Times } from '../wire/times.ts';

/** Clock, randomness and times of a radiant. The simulator, the worker and Node each provide their own. */
export interface Environment {
  /** Monotonic milliseconds, from any origin. */
  nowMs(): number;
  /** Uniform in [0, 1). For time-outs, never for ids. */
  random(): number;
  /** Unpredictable bytes, for ids. */
  randomBytes(length: number): Uint8Array;
  /** `TIMES`, except in a test that cannot wait for them. */
  readonly times: Times;
}
