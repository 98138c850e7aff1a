import type { SeedOptions } from '../../../src/sim/run-seed.ts';
import { often, type PlantedBug } from './planted-bug.ts';

/** Three tabs, of which one, two or three vote, on disks that are slow now and then. */
const FEW: Pick<SeedOptions, 'shape' | 'members' | 'mix' | 'faultsMs'> = {
  shape: { hosts: 3, hostsOnDevice: 1, replicationFactor: 1, unlinked: [] },
  members: { meanMs: 2_500, mostVoters: 3 },
  mix: often({ 'slow-disk': 3_000, kill: 6_000 }),
  faultsMs: 30_000,
};

const BREAKS = ['what is acknowledged is on the disk of the companion'];

export const COMPANION_BUGS: readonly PlantedBug[] = [
  {
    name: 'a sole voter answers before its companion has flushed',
    replacements: [
      {
        file: 'radiant/companionship.ts',
        find: '    return this.#realm.consensus.flushedBy(companion) ?? asLogIndex(0);',
        replace: '    return this.#realm.appliedIndex();',
      },
    ],
    breaks: BREAKS,
    world: FEW,
  },
  {
    name: 'what was sent to a companion is taken for flushed',
    replacements: [
      {
        file: 'consensus/raft/algorithm.ts',
        find: 'progress === undefined ? undefined : asLogIndex(progress.match)',
        replace: 'progress === undefined ? undefined : asLogIndex(progress.next - 1)',
      },
    ],
    breaks: BREAKS,
    world: FEW,
  },
  {
    name: 'a companion is waited for no more as soon as it is to vote',
    replacements: [
      {
        file: 'cluster/roster.ts',
        find: '  if (member === undefined || !isReached) return member !== undefined;',
        replace: "  if (member?.wanted !== 'learner') return false;",
      },
    ],
    breaks: BREAKS,
    world: FEW,
  },
];
