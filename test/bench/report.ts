/** Formats the table for a terminal or for the README. */
import { Samples } from './statistics.ts';
import { table, type TableFormat } from './table.ts';

export interface Measurements {
  readonly machine: string;
  /** Load average of the machine at the beginning and at the end. */
  readonly load: readonly [number, number];
  readonly bytes: number;
  readonly formationMs: readonly number[];
  readonly roundTripMs: readonly number[];
  readonly strictWriteMs: readonly number[];
  readonly calls: readonly { readonly what: string; readonly target?: number; readonly samplesMs: readonly number[] }[];
  readonly failoverMs: readonly number[];
  /** Times of pages of 100 out of 100,000 keys, in the state machine. */
  readonly pageMs: readonly number[];
}

type Row = readonly [what: string, samples: string, p50: string, tail: string, ratio: string, target: string];

const HEAD: Row = ['', 'samples', 'p50', 'tail', 'p50 / floors', 'target'];

export function report(measured: Measurements, format: TableFormat): string {
  const notes = [
    `Three Chromium processes with a profile each; values of ${measured.bytes} B; one call at a time, timed in the page.`,
    `Machine: ${measured.machine}. Load while measuring: ${measured.load.map((load) => load.toFixed(1)).join(' to ')}.`,
  ];
  return [...table([HEAD, ...rowsOf(measured)], format), '', ...notes].join('\n');
}

function rowsOf(measured: Measurements): readonly Row[] {
  const roundTrip = new Samples(measured.roundTripMs);
  const strictWrite = new Samples(measured.strictWriteMs);
  const floorsMs = roundTrip.p50 + strictWrite.p50;
  const formation = new Samples(measured.formationMs);
  const failover = new Samples(measured.failoverMs);
  const page = new Samples(measured.pageMs);
  return [
    row(
      'formation: first address opened → all three know the herald',
      formation,
      `max ${ms(formation.max)}`,
      '',
      3_000,
    ),
    row('floor: round trip of a bare data channel', roundTrip, `p99 ${ms(roundTrip.p99)}`, ''),
    row('floor: one bare strict IndexedDB write', strictWrite, `p99 ${ms(strictWrite.p99)}`, ''),
    ['sum of both floors', '', ms(floorsMs), '', '1', ''],
    ...measured.calls.map(({ what, target, samplesMs }): Row => {
      const samples = new Samples(samplesMs);
      const ratio = `${(samples.p50 / floorsMs).toFixed(1)} ×`;
      return [
        what,
        String(samples.count),
        ms(samples.p50),
        `p99 ${ms(samples.p99)}`,
        ratio,
        target === undefined ? '' : `≤ ${target} ×`,
      ];
    }),
    row('kill -9 of the herald’s browser → next put in another', failover, `max ${ms(failover.max)}`, '', 2_000),
    row('list: a page of 100 out of 100,000 keys, in the state machine', page, `p99 ${ms(page.p99)}`, '', 1),
  ];
}

function row(what: string, samples: Samples, tail: string, ratio: string, targetMs?: number): Row {
  const target = targetMs === undefined ? '' : `p50 ≤ ${ms(targetMs)}`;
  return [what, String(samples.count), ms(samples.p50), tail, ratio, target];
}

function ms(value: number): string {
  return value >= 100 ? `${Math.round(value).toLocaleString('en')} ms` : `${value.toFixed(2)} ms`;
}
