import process from 'node:process';
import { test } from 'vitest';
import type { TraceLine } from '../../../src/sim/trace.ts';
import { check } from '../../../src/sim/violation.ts';
import { IS_FULL_RUN } from '../../extent.ts';
import { IS_TRACED, SEEDS } from './seeds.ts';
import { Stage, type StageOptions } from './stage.ts';

/** A measured number, with the limit that it must not exceed. */
export interface Measurement {
  readonly what: string;
  readonly measured: number;
  readonly atMost: number;
}

/** One of several places at which a scenario can act, counted from 1. A run over many seeds visits all places. */
export interface Visit {
  readonly what: string;
  readonly place: number;
  /** Number of places that exist in this play. */
  readonly of: number;
}

declare module 'vitest' {
  /** Data that a play passes to the summary of a run over many seeds. */
  interface TaskMeta {
    measurements?: readonly Measurement[];
    visits?: readonly Visit[];
  }
}

export type Measure = (what: string, measured: number, atMost: number) => void;
export type Visited = (what: string, place: number, of: number) => void;

/** The environment of a scenario. `judge` checks the recorded history at the end. */
interface Judging {
  judge(): void;
}

interface Traceable {
  readonly traceListener?: (line: TraceLine) => void;
}

interface Repeating {
  /** Plays the scenario in `npm run test:full` only, because it repeats parts of other scenarios. Default false. */
  readonly onlyInFullRun?: boolean;
}

/** Makes a function that declares scenarios. Each scenario is played on a new stage from `stageFor`. */
export function scenariosOn<Options extends Traceable, Kind extends Judging>(
  stageFor: (seed: number, options: Options) => Kind,
): (
  name: string,
  options: Options & Repeating,
  play: (stage: Kind, measure: Measure, visited: Visited) => void,
) => void {
  return (name, options, play) => {
    const isPlayed = IS_FULL_RUN || options.onlyInFullRun !== true;
    for (const seed of SEEDS) {
      test.runIf(isPlayed)(`${name} (seed ${seed})`, ({ task }) => {
        const [measurements, visits]: [Measurement[], Visit[]] = [[], []];
        Object.assign(task.meta, { measurements, visits });
        const measure: Measure = (what, measured, atMost) => {
          measurements.push({ what, measured, atMost });
          check(measured <= atMost, 'a limit is kept', () => `${what}: ${measured}, at most ${atMost}`);
        };
        const stage = stageFor(seed, IS_TRACED ? { ...options, traceListener: printLine } : options);
        play(stage, measure, (what, place, of) => visits.push({ what, place, of }));
        stage.judge();
      });
    }
  };
}

/** Declares a scenario for the servers of one order. */
export const scenario = scenariosOn((seed: number, options: StageOptions) => new Stage(seed, options));

function printLine({ timeMs, subject, text }: TraceLine): void {
  process.stdout.write(`${timeMs.toFixed(3).padStart(10)}  ${subject.padEnd(9)} ${text}\n`);
}
