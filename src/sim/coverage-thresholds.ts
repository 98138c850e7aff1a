/** From how many seeds on a run fails in which something never happened. */
import { type CoveredKind, TRANSITION_KINDS, type TransitionKind } from './coverage.ts';

/** A run of so many seeds in which something of it never happened proves less than it says. */
const SEEDS_THAT_COVER = 1_000;
/** Of the transitions that are not named below, the one that comes least often comes in a quarter of all seeds. */
const SEEDS_WITH_USUAL_TRANSITIONS = 40;
/** Of those, in one of twenty. */
const SEEDS_WITH_RARE_TRANSITIONS = 300;

const ALL_TRANSITIONS: ReadonlySet<CoveredKind> = new Set(TRANSITION_KINDS);

/**
 * A boot has to break while a shard of its order is on its way, which is soon over, or while its replica is born: of
 * the worlds in which a bondsmith decides, one in a hundred meets that.
 */
const RARE_TRANSITIONS: ReadonlySet<CoveredKind> = new Set<TransitionKind>([
  'radiant: locked → error',
  'order: locked → error',
  'order: bootstrap → error',
]);

/** Without a bondsmith no shard is ever on its way. */
const GOVERNED_TRANSITIONS: ReadonlySet<CoveredKind> = new Set<TransitionKind>([
  'radiant: associated → locked',
  'radiant: locked → associated',
  'radiant: locked → error',
  'order: active → locked',
  'order: locked → error',
]);

/** Which worlds a run is of: with a bondsmith, without; undefined: as each seed has it. */
type Governed = boolean | undefined;

/** Of what never happened: what so many seeds must have met. */
export function overdue(missing: readonly CoveredKind[], seeds: number, governed: Governed): readonly CoveredKind[] {
  return missing.filter((kind) => seeds >= seedsToMeet(kind, governed));
}

/** Infinite: it cannot happen in such worlds, or nobody knows how often. */
function seedsToMeet(kind: CoveredKind, governed: Governed): number {
  if (!ALL_TRANSITIONS.has(kind)) return governed === undefined ? SEEDS_THAT_COVER : Infinity;
  if (governed === false && GOVERNED_TRANSITIONS.has(kind)) return Infinity;
  if (governed === true && kind === 'order: bootstrap → error') return SEEDS_THAT_COVER;
  return RARE_TRANSITIONS.has(kind) ? SEEDS_WITH_RARE_TRANSITIONS : SEEDS_WITH_USUAL_TRANSITIONS;
}
