/** All that a radiant gets from where it lives. The simulator, the worker and Node each give it their own. */
export interface Environment {
  /** Monotonic milliseconds, from any origin. */
  nowMs(): number;
  /** Uniform in [0, 1); for time-outs, never for ids. */
  random(): number;
  /** Unpredictable bytes, for ids. */
  randomBytes(length: number): Uint8Array;
}
