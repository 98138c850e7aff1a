import process from 'node:process';
import { test } from 'vitest';
import type { TraceLine } from '../../../src/sim/trace.ts';
import { check } from '../../../src/sim/violation.ts';
import { IS_TRACED, SEEDS } from './seeds.ts';
import { Stage, type StageOptions } from './stage.ts';

/** A number beside the limit that it must keep. */
export interface Measurement {
  readonly what: string;
  readonly measured: number;
  readonly atMost: number;
}

declare module 'vitest' {
  interface TaskMeta {
    /** For whoever sums up a run over many seeds. */
    measurements?: readonly Measurement[];
  }
}

export type Measure = (what: string, measured: number, atMost: number) => void;

/** A play for one stage; when it has ended, the stage judges what was seen. */
export function scenario(name: string, options: StageOptions, play: (stage: Stage, measure: Measure) => void): void {
  for (const seed of SEEDS) {
    test(`${name} (seed ${seed})`, ({ task }) => {
      const measurements: Measurement[] = [];
      task.meta.measurements = measurements;
      const stage = new Stage(seed, IS_TRACED ? { ...options, traceListener: printLine } : options);
      play(stage, (what, measured, atMost) => {
        measurements.push({ what, measured, atMost });
        check(measured <= atMost, 'a limit is kept', () => `${what}: ${measured}, at most ${atMost}`);
      });
      stage.judge();
    });
  }
}

function printLine({ timeMs, subject, text }: TraceLine): void {
  process.stdout.write(`${timeMs.toFixed(3).padStart(10)}  ${subject.padEnd(9)} ${text}\n`);
}
