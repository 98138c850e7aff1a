/** `npm run sim:pin`: chooses the seeds with which `npm test` shows that the checkers find the planted bugs. */
import type { runSeed } from '../../../src/sim/runs/run-seed.ts';
import { faultsUntil, SEEDS, showsBug } from './finding.ts';
import { DISK_BUGS } from './planted-disk-bugs.ts';
import { type PlantedBug, simulatorWith } from './planted-bug.ts';
import { MACHINE_BUGS } from './planted-machine-bugs.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { SHARD_BUGS } from './planted-shard-bugs.ts';
import { TRANSACTION_BUGS } from './planted-transaction-bugs.ts';
import { WATCH_BUGS } from './planted-watch-bugs.ts';

/** Number of seeds that are tried after the first one that finds a bug. One of them may be cheaper to play. */
const FURTHER_SEEDS = 12;

export type PinnedSeeds = Readonly<Record<string, number>>;

/**
 * @param before the pinned seeds so far; a seed is kept if it still finds its bug, or if `again` names other bugs only
 * @param again names of bugs whose seeds are chosen again; `all` stands for every bug
 * @throws {Error} if a name is unknown, or if no seed finds a bug
 */
export async function pinSeeds(before: PinnedSeeds, again: readonly string[] | 'all'): Promise<PinnedSeeds> {
  const bugs = [...PLANTED_BUGS, ...SHARD_BUGS, ...TRANSACTION_BUGS, ...DISK_BUGS, ...WATCH_BUGS, ...MACHINE_BUGS];
  const names = again === 'all' ? bugs.map(({ name }) => name) : again;
  const unknown = names.find((name) => !bugs.some((bug) => bug.name === name));
  if (unknown !== undefined) throw new Error(`No planted bug is called ${JSON.stringify(unknown)}.`);
  const { runSeed: runWithoutBug } = await simulatorWith('pin-sound', []);
  const pinned: Record<string, number> = {};
  for (const [number, bug] of bugs.entries()) {
    const { name } = bug;
    const kept = names.includes(name) ? undefined : before[name];
    if (kept !== undefined && names.length > 0) {
      pinned[name] = kept;
      continue;
    }
    const { runSeed: runWithBug } = await simulatorWith(`pin-${number}`, bug.replacements);
    const seed = pinSeed(bug, kept, runWithBug, runWithoutBug);
    if (seed !== before[name]) console.log(`${name}: seed ${before[name] ?? 'none'} → ${seed}`);
    pinned[name] = seed;
  }
  return pinned;
}

type Run = typeof runSeed;

/** @param kept the pinned seed so far; it is returned if it still finds the bug */
function pinSeed(bug: PlantedBug, kept: number | undefined, runWithBug: Run, runWithoutBug: Run): number {
  /**
   * Number of events that `npm test` plays with this seed. Undefined: the seed does not show the bug, or costs at least
   * `most`.
   */
  const costOf = (seed: number, most = Number.POSITIVE_INFINITY): number | undefined => {
    const found = runWithBug({ ...bug.world, seed });
    if (!showsBug(found, bug) || found.events >= most) return undefined;
    const faultsMs = faultsUntil(found.virtualMs, bug.world);
    const { violation, events } = runWithoutBug({ ...bug.world, seed, faultsMs });
    const cost = found.events + events;
    return violation === undefined && cost < most ? cost : undefined;
  };
  if (kept !== undefined && costOf(kept) !== undefined) return kept;
  let last = SEEDS;
  let cheapest: { readonly seed: number; readonly cost: number } | undefined;
  for (let seed = 1; seed <= last; seed++) {
    const cost = costOf(seed, cheapest?.cost);
    if (cost === undefined) continue;
    if (cheapest === undefined) last = Math.min(SEEDS, seed + FURTHER_SEEDS);
    cheapest = { seed, cost };
  }
  if (cheapest === undefined) throw new Error(`No seed of ${SEEDS} finds this bug: ${bug.name}.`);
  return cheapest.seed;
}
