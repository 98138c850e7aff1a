/** From how many seeds on a run fails in which something never happened. */
import { type CoveredKind, TRANSITION_KINDS, type TransitionKind } from './coverage.ts';

/** A run of so many seeds in which something of it never happened proves less than it says. */
const SEEDS_THAT_COVER = 1_000;
/** Of the transitions that are not named below, the one that comes least often comes in a quarter of all seeds. */
const SEEDS_WITH_USUAL_TRANSITIONS = 40;
/** Of those, in one of twenty. */
const SEEDS_WITH_RARE_TRANSITIONS = 300;

const ALL_TRANSITIONS: ReadonlySet<CoveredKind> = new Set(TRANSITION_KINDS);

/** A boot has to break while a shard of its order is on its way, which is soon over, or while its replica is born. */
const RARE_TRANSITIONS: ReadonlySet<CoveredKind> = new Set<TransitionKind>([
  'radiant: locked → error',
  'order: locked → error',
  'order: bootstrap → error',
]);

/** Of what never happened: what so many seeds must have met. */
export function overdue(missing: readonly CoveredKind[], seeds: number): readonly CoveredKind[] {
  return missing.filter((kind) => seeds >= seedsToMeet(kind));
}

function seedsToMeet(kind: CoveredKind): number {
  if (!ALL_TRANSITIONS.has(kind)) return SEEDS_THAT_COVER;
  return RARE_TRANSITIONS.has(kind) ? SEEDS_WITH_RARE_TRANSITIONS : SEEDS_WITH_USUAL_TRANSITIONS;
}
