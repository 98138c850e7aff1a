import { oneOrder } from '../one-order.ts';
import { often, type PlantedBug, type PlantedWorld } from './planted-bug.ts';

/** Three tabs come and go. One of them votes, and their disks are slow at times. */
const FEW: PlantedWorld = {
  cluster: oneOrder(3, 1, { meanMs: 2_500, lateTabs: 1 }),
  mix: often({ 'slow-disk': 3_000, kill: 6_000 }),
  faultsMs: 30_000,
};

/** One tab founds alone and others join. Orders have one voter with a companion, for a while or always. */
const fewTabs = (replicationFactor: number): PlantedWorld => ({
  cluster: {
    shape: { hosts: 4, hostsOnDevice: 1, replicationFactor, unlinked: [] },
    founding: { radiants: 1, windowMs: 200, orders: 2, shards: 4 },
    administration: { meanMs: 500 },
    turnover: { meanMs: undefined, lateTabs: 0 },
  },
  mix: often({ 'slow-disk': 2_000, kill: 6_000 }),
  faultsMs: 30_000,
});

const BREAKS = ["an acknowledged write is on the companion's disk"];

export const COMPANION_BUGS: readonly PlantedBug[] = [
  {
    name: 'a sole voter answers before its companion has flushed',
    replacements: [
      {
        file: 'radiant/herald/companionship.ts',
        find: '    return this.#replica.consensus.matchIndex(companion) ?? asLogIndex(0);',
        replace: '    return this.#replica.state.applied;',
      },
    ],
    breaks: BREAKS,
    world: FEW,
  },
  {
    name: 'a leader counts entries sent to the companion as flushed',
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
    name: 'a leader stops waiting for a companion that becomes a voter',
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
  {
    name: 'a companion that becomes the sole voter waits for itself',
    replacements: [
      {
        file: 'radiant/herald/companionship.ts',
        find: '    return this.#replica.state.roster.companion === this.#replica.id;',
        replace: '    return this.#replica.id < 0;',
      },
    ],
    breaks: ['a sole voter is not its own companion'],
    world: FEW,
  },
  {
    name: 'a radiant acts on a configuration that the companion of a sole bondsmith has not flushed',
    replacements: [
      {
        file: 'radiant/orders/local-order.ts',
        find: 'if (companion === undefined || companion === id) return state.configuration;',
        replace: 'if (companion !== undefined || id > 0) return state.configuration;',
      },
    ],
    breaks: ["an entry that others depend on is on the companion's disk"],
    world: fewTabs(3),
  },
  {
    name: 'a sole voter sends a shard before its companion has flushed the freeze',
    replacements: [
      {
        file: 'radiant/handover/shard-sender.ts',
        find: '      if (!this.#acknowledged.isAcknowledged(nameOfShard(shard))) return undefined;\n',
        replace: '',
      },
    ],
    breaks: ["an entry that others depend on is on the companion's disk"],
    world: fewTabs(1),
  },
];
