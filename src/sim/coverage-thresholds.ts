/** Thresholds for coverage counters. A run with at least this many seeds fails if a counter stays 0. */
import { type CoveredKind, TRANSITION_KINDS, type TransitionKind } from './coverage.ts';

const SEEDS_THAT_COVER = 1_000;
/** Threshold for transitions that have no threshold of their own. The rarest of them happened in 7 of 60 seeds. */
const SEEDS_WITH_USUAL_TRANSITIONS = 40;
/** Threshold for `RARE_TRANSITIONS`. The rarest of them happened in 4 of 60 seeds. */
const SEEDS_WITH_RARE_TRANSITIONS = 300;

const ALL_TRANSITIONS: ReadonlySet<CoveredKind> = new Set(TRANSITION_KINDS);

/** Transitions in which a boot fails while a shard of its order moves, or while its replica is born. */
const RARE_TRANSITIONS: ReadonlySet<CoveredKind> = new Set<TransitionKind>([
  'radiant: locked → error',
  'order: locked → error',
  'order: bootstrap → error',
]);

/** The counters of `missing` that a run with this many seeds should have raised. */
export function overdue(missing: readonly CoveredKind[], seeds: number): readonly CoveredKind[] {
  return missing.filter((kind) => seeds >= seedsToMeet(kind));
}

function seedsToMeet(kind: CoveredKind): number {
  if (!ALL_TRANSITIONS.has(kind)) return SEEDS_THAT_COVER;
  return RARE_TRANSITIONS.has(kind) ? SEEDS_WITH_RARE_TRANSITIONS : SEEDS_WITH_USUAL_TRANSITIONS;
}
