/** From how many seeds on a run fails if a counter stayed 0. */
import { type CoveredKind, TRANSITION_KINDS, type TransitionKind } from './coverage.ts';

const SEEDS_THAT_COVER = 1_000;
/** The rarest of the transitions that are not named below happened in 7 of 60 seeds. */
const SEEDS_WITH_USUAL_TRANSITIONS = 40;
/** The rarest transition happened in 4 of 60 seeds. */
const SEEDS_WITH_RARE_TRANSITIONS = 300;

const ALL_TRANSITIONS: ReadonlySet<CoveredKind> = new Set(TRANSITION_KINDS);

/** A boot breaks while a shard of its order moves, or while its replica is born. */
const RARE_TRANSITIONS: ReadonlySet<CoveredKind> = new Set<TransitionKind>([
  'radiant: locked → error',
  'order: locked → error',
  'order: bootstrap → error',
]);

/** Counters of `missing` that a run with this many seeds should have covered. */
export function overdue(missing: readonly CoveredKind[], seeds: number): readonly CoveredKind[] {
  return missing.filter((kind) => seeds >= seedsToMeet(kind));
}

function seedsToMeet(kind: CoveredKind): number {
  if (!ALL_TRANSITIONS.has(kind)) return SEEDS_THAT_COVER;
  return RARE_TRANSITIONS.has(kind) ? SEEDS_WITH_RARE_TRANSITIONS : SEEDS_WITH_USUAL_TRANSITIONS;
}
