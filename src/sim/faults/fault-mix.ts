/** Kinds and rates of faults of a seed. Each seed has its own subset ("swarm" testing). */
import { CALM, type Conditions } from '../network/conditions.ts';
import { FAULT_KINDS, type FaultKind } from '../fault-kinds.ts';
import type { Random } from '../random.ts';

export interface FaultMix {
  /** By kind: the mean time between two faults. A missing kind does not happen. */
  readonly meanMs: Readonly<Partial<Record<FaultKind, number>>>;
  /** Probability that a tab is killed after it flushed a snapshot chunk. Default 0. */
  readonly fetcherDeaths?: number;
  /**
   * Probability that the sending or the receiving herald's tab is killed when a chunk of a shard is sent. Default 0.
   */
  readonly handoverDeaths?: number;
  /** Probability that the bondsmith is isolated when it sends a configuration with moving shards. Default 0. */
  readonly bondsmithCuts?: number;
  readonly conditions: Conditions;
  /** Whether faults begin before the cluster has formed. */
  readonly early: boolean;
}

/** By kind: the mean time between two faults if all kinds happen. */
const USUAL_MEAN_MS: Readonly<Record<FaultKind, number>> = {
  partition: 9_000,
  'one-way-partition': 11_000,
  'link-cut': 4_000,
  kill: 8_000,
  'kill-all': 30_000,
  'kill-herald': 12_000,
  'kill-bondsmith': 12_000,
  close: 12_000,
  freeze: 10_000,
  'slow-timers': 20_000,
  'clock-gap': 15_000,
  'disk-error': 15_000,
  'disk-full': 25_000,
  'slow-disk': 15_000,
  'signaling-outage': 20_000,
  wipe: 30_000,
  'roll-back': 30_000,
  'bondsmith-cut-off': 12_000,
  'order-down': 25_000,
  'disk-hangs': 15_000,
};

export function drawFaultMix(random: Random): FaultMix {
  const share = random.between(0.2, 0.9);
  const common = drawMeans(random, share, FAULT_KINDS);
  const fetcherDeaths = random.chance(share) ? random.between(0.01, 0.2) : 0;
  const handoverDeaths = random.chance(share) ? random.between(0.01, 0.2) : 0;
  const bondsmithCuts = random.chance(share) ? random.between(0.005, 0.05) : 0;
  const [conditions, early] = [drawConditions(random), random.chance(0.3)];
  const hanging = drawMeans(random.fork('disk hangs'), share, ['disk-hangs']);
  return { meanMs: { ...common, ...hanging }, fetcherDeaths, handoverDeaths, bondsmithCuts, conditions, early };
}

function drawMeans(random: Random, share: number, kinds: readonly FaultKind[]): FaultMix['meanMs'] {
  const meanMs: Partial<Record<FaultKind, number>> = {};
  for (const kind of kinds) {
    const factor = random.between(0.5, 2);
    if (random.chance(share)) meanMs[kind] = USUAL_MEAN_MS[kind] * factor;
  }
  return meanMs;
}

function drawConditions(random: Random): Conditions {
  const latencyMs = random.pick([CALM.latencyMs, [1, 20], [5, 120], [20, 40]] as const) ?? CALM.latencyMs;
  const strength = (): number => (random.chance(0.5) ? 0 : random.between(0.001, 0.12));
  return {
    latencyMs,
    loss: strength(),
    duplication: strength(),
    reordering: strength(),
    reorderedByMs: [0, random.between(5, 400)],
  };
}

export const NO_FAULTS: FaultMix = { meanMs: {}, conditions: CALM, early: false };

/** A mix in which only disks hang. A disk hangs every few seconds. */
export function drawDiskHangs(random: Random): FaultMix {
  return { meanMs: { 'disk-hangs': random.between(2_000, 8_000) }, conditions: CALM, early: random.chance(0.2) };
}
