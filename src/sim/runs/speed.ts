/** Measures the speed of the simulator with one order of five voters, 50 calls a second, no faults, and one core. */
import process from 'node:process';
import { FEW_KEYS } from '../drivers/keys.ts';
import { NO_FAULTS } from '../faults/fault-mix.ts';
import { runSeed, type SeedOptions, type SeedReport } from './run-seed.ts';

interface Measurement {
  readonly reports: readonly SeedReport[];
  readonly wallMs: number;
  /** Processor time of the process, including garbage collection and compilation. */
  readonly cpuMs: number;
}

export interface SpeedReport {
  readonly report: string;
  readonly passed: boolean;
}

const VOTERS = 5;
const SEEDS = 5;
const WARMING_SEEDS = 3;
/** Virtual time of one seed. */
const RUN_MS = 60_000;
/** Pause between two calls of an application. Ten applications then make 50 calls a second. */
const PAUSE_MS = 192;

/**
 * Runs seeds from `firstSeed` on. The first runs warm up, then all seeds run with every checker, then all without
 * checkers.
 */
export function measureSpeed(firstSeed: number): SpeedReport {
  const seeds = Array.from({ length: SEEDS }, (_, at) => firstSeed + at);
  const optionsOf = (seed: number): SeedOptions => ({
    seed,
    faultsMs: RUN_MS,
    mix: NO_FAULTS,
    cluster: {
      shape: { hosts: VOTERS, hostsOnDevice: 1, replicationFactor: VOTERS, unlinked: [] },
      founding: { radiants: VOTERS, orders: 1, shards: 1 },
      administration: { meanMs: undefined },
      turnover: { meanMs: undefined, lateTabs: 0 },
    },
    workload: { processesInTab: 2, pauseMs: PAUSE_MS, bulkBytes: 0, keys: FEW_KEYS },
  });
  measure(seeds.slice(0, WARMING_SEEDS).map(optionsOf));
  const checked = measure(seeds.map(optionsOf));
  const unchecked = measure(seeds.map((seed) => ({ ...optionsOf(seed), unobserved: true })));
  return {
    report: describe(checked, unchecked),
    passed: checked.reports.every(({ violation }) => violation === undefined),
  };
}

function measure(runs: readonly SeedOptions[]): Measurement {
  const startMs = performance.now();
  const start = process.cpuUsage();
  const reports = runs.map(runSeed);
  const { user, system } = process.cpuUsage(start);
  return { reports, wallMs: performance.now() - startMs, cpuMs: (user + system) / 1_000 };
}

function describe(checked: Measurement, unchecked: Measurement): string {
  const { reports, wallMs, cpuMs } = checked;
  const seconds = sum(reports, ({ virtualMs }) => virtualMs) / 1_000;
  const perSecond = (value: (report: SeedReport) => number): string => (sum(reports, value) / seconds).toFixed(0);
  const calls = perSecond(({ calls: counts }) => Object.values(counts).reduce((total, count) => total + count, 0));
  return [
    `${VOTERS} voters, ${calls} calls, ${perSecond(({ events }) => events)} events and ${perSecond(({ frames }) => frames)} frames in each of ${seconds.toFixed(0)} virtual seconds`,
    `by processor time: ${((1_000 * seconds) / cpuMs).toFixed(0)} virtual seconds each second`,
    `by the clock:      ${((1_000 * seconds) / wallMs).toFixed(0)} virtual seconds each second`,
    `of the processor time, checkers that look on took ${(100 * (1 - unchecked.cpuMs / cpuMs)).toFixed(0)} %`,
    ...reports.flatMap(({ seed, violation }) => (violation === undefined ? [] : `seed ${seed}: ${violation.message}`)),
    '',
  ].join('\n');
}

function sum(reports: readonly SeedReport[], value: (report: SeedReport) => number): number {
  return reports.reduce((total, report) => total + value(report), 0);
}
