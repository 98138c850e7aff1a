/** The table of one run, and the bounds that the run exceeded. */
import { Samples } from '../bench/statistics.ts';
import { table, type TableFormat } from '../bench/table.ts';
import type { DiskUse } from '../browser/harness/disk-use.ts';
import type { HeapUse } from './heap.ts';
import { LEG_PUTS, liveBytes, type Plan, WARM_UP_PUTS } from './plan.ts';

const MIB = 2 ** 20;
const HEAP_GROWTH = 1.1;

export type HeapSample = HeapUse & { readonly puts: number };

export interface RadiantMeasurements {
  readonly what: string;
  /** Use of the disk at its peak. */
  readonly disk: DiskUse;
  readonly heap: readonly HeapSample[];
}

export interface Measurements {
  readonly machine: string;
  /** Load average of the machine at the beginning and at the end. */
  readonly load: readonly [number, number];
  readonly plan: Plan;
  readonly tookMs: number;
  /** Number of puts that failed and were repeated. */
  readonly failures: number;
  /** Number of keys whose value is not the one acknowledged last. */
  readonly differing: number;
  readonly radiants: readonly RadiantMeasurements[];
}

const HEAD = [
  '',
  'largest disk',
  'bound',
  'heap then',
  'largest later',
  'ratio',
  'page then',
  'largest later',
  'ratio',
];

/** Largest number of bytes that a radiant may use on its disk. */
export function diskBound(plan: Plan): number {
  return 3 * liveBytes(plan) + 8 * MIB;
}

/** Descriptions of the bounds that the run exceeded. */
export function verdict(measured: Measurements): readonly string[] {
  const broken: string[] = [];
  const bound = diskBound(measured.plan);
  for (const { what, disk, heap } of measured.radiants) {
    if (disk.bytes > bound) broken.push(`${what}: the disk took ${mib(disk.bytes)}, more than ${mib(bound)}`);
    for (const part of ['worker', 'page'] as const) {
      const ratio = growth(heap, part)?.ratio ?? 1;
      if (ratio > HEAP_GROWTH) broken.push(`${what}: the heap of its ${part} grew to ${ratio.toFixed(2)} ×`);
    }
  }
  if (measured.differing > 0) broken.push(`${measured.differing} keys do not hold what was acknowledged last`);
  return broken;
}

export function report(measured: Measurements, format: TableFormat): string {
  const { plan } = measured;
  const rows = measured.radiants.map(({ what, disk, heap }) => [
    what,
    mib(disk.bytes),
    `≤ ${mib(diskBound(plan))}`,
    ...growthCells(heap, 'worker'),
    ...growthCells(heap, 'page'),
  ]);
  const { puts, keys, valueBytes, calls } = plan;
  const eachSecond = Math.round((puts / measured.tookMs) * 1_000);
  const notes = [
    `${count(puts)} puts over ${count(keys)} keys with values of ${count(valueBytes)} B, ${count(calls)} at once: ` +
      `${count(Math.round(measured.tookMs / 1_000))} s, ${count(eachSecond)} each second; ${count(measured.failures)} made again. ` +
      `Live data: ${mib(liveBytes(plan))}.`,
    `Heap: after ${count(WARM_UP_PUTS)} puts, and the largest after any multiple of that; each the median of looks every ` +
      `${count(LEG_PUTS)} puts around, after a collection, array buffers included; at most ${HEAP_GROWTH} ×. ` +
      `Largest of all looks: ${measured.radiants.map(({ heap }) => mib(Math.max(...heap.map(({ worker }) => worker)))).join(', ')}.`,
    `Read back in every tab: ${measured.differing === 0 ? 'every key holds what was acknowledged last' : `${count(measured.differing)} keys differ`}.`,
    `The disk when it was largest: ${measured.radiants.map(({ disk }) => kinds(disk)).join('; ')}.`,
    `Machine: ${measured.machine}. Load while measuring: ${measured.load.map((load) => load.toFixed(1)).join(' to ')}.`,
  ];
  return [...table([HEAD, ...rows], format), '', ...notes].join('\n');
}

interface Growth {
  readonly atFirst: number;
  readonly later: number;
  readonly ratio: number;
}

/**
 * The growth of the heap. The heap after 100,000, 200,000, … puts is the median of nearby samples. A single sample may
 * contain more of the log than usual, or a copy of the state.
 * @returns undefined for a run that was too short
 */
export function growth(samples: readonly HeapSample[], part: keyof HeapUse): Growth | undefined {
  const puts = samples.at(-1)?.puts ?? 0;
  const medians: number[] = [];
  for (let mark = WARM_UP_PUTS; mark <= puts; mark += WARM_UP_PUTS) {
    const around = samples.filter((sample) => Math.abs(sample.puts - mark) <= WARM_UP_PUTS / 2);
    medians.push(new Samples(around.map((sample) => sample[part])).p50);
  }
  const [atFirst, ...others] = medians;
  if (atFirst === undefined || others.length === 0) return undefined;
  const later = Math.max(...others);
  return { atFirst, later, ratio: later / atFirst };
}

function growthCells(samples: readonly HeapSample[], part: keyof HeapUse): readonly string[] {
  const grown = growth(samples, part);
  if (grown === undefined) return ['too short', 'to tell', ''];
  return [mib(grown.atFirst), mib(grown.later), `${grown.ratio.toFixed(2)} ×`];
}

function kinds({ byKind }: DiskUse): string {
  return [...byKind]
    .filter(([, bytes]) => bytes >= MIB / 100)
    .map(([kind, bytes]) => `${kind} ${mib(bytes)}`)
    .join(', ');
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(2)} MiB`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
