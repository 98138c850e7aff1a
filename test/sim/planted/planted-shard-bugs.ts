import type { ClusterPlan } from '../../../src/sim/runs/seed-plan.ts';
import { often, type PlantedBug, type PlantedWorld } from './planted-bug.ts';

/** Six tabs form two orders, and their four shards move often. */
const moving = (meanMs: number): ClusterPlan => ({
  shape: { hosts: 6, hostsOnDevice: 1, replicationFactor: 3, unlinked: [] },
  founding: { radiants: 6, windowMs: 2_000, orders: 2, shards: 4 },
  administration: { meanMs },
  turnover: { meanMs: undefined, lateTabs: 0 },
});

const ON_THE_MOVE: PlantedWorld = {
  cluster: moving(500),
  mix: often({ 'kill-herald': 4_000, 'kill-bondsmith': 6_000, partition: 4_000 }),
  faultsMs: 30_000,
};

export const SHARD_BUGS: readonly PlantedBug[] = [
  {
    name: 'a list leaves out keys that arrived with a shard',
    replacements: [
      {
        file: 'store/slot-table.ts',
        find: '    if (this.#keys !== undefined) for (const [key] of state.values()) this.#keys.set(key, state.slot);\n',
        replace: '',
      },
    ],
    breaks: ['linearizability'],
    world: ON_THE_MOVE,
  },
  {
    name: 'a page of a list begins with the last key of the page before',
    replacements: [
      {
        file: 'store/key-list.ts',
        find: 'return keyBytesOf(isReversed ? key : `${key}\\0`);',
        replace: 'return keyBytesOf(key);',
      },
    ],
    breaks: ['a list is in order and has each key once'],
    world: ON_THE_MOVE,
  },
  {
    name: 'a shard moves without a freeze, so its old owner still serves it',
    replacements: [
      {
        file: 'store/shard-table.ts',
        find: '    this.served = this.served.without(shard);\n    this.#frozen',
        replace: '    this.#frozen',
      },
      {
        file: 'store/slot-table.ts',
        find: '      this.#slots.delete(slot);\n',
        replace: '',
      },
    ],
    breaks: [
      'a replica holds what its log says',
      'a frozen shard does not change',
      'a write is answered by the order that owned the slot',
      'a read is answered by the order that owns the slot',
    ],
    world: ON_THE_MOVE,
  },
  {
    name: 'a stale bondsmith is not fenced',
    replacements: [
      {
        file: 'cluster/configuration-machine.ts',
        find: "    if (term < this.#term) return { kind: 'unchanged' };\n",
        replace: '',
      },
      {
        file: 'cluster/configuration-machine.ts',
        find: "    if (base !== this.#history.latest.number) return { kind: 'unchanged' };\n",
        replace: '',
      },
    ],
    breaks: [
      'there is one history of configurations',
      'a configuration is decided before a radiant uses it',
      'a configuration equals its decision',
    ],
    // A bondsmith that takes over decides before the last decision of its predecessor is committed.
    world: {
      ...ON_THE_MOVE,
      cluster: moving(200),
      mix: often({ 'slow-disk': 800, 'kill-bondsmith': 2_000 }),
      faultsMs: 10_000,
    },
  },
  {
    name: 'the outcomes of sessions do not move with their shard',
    replacements: [
      {
        file: 'store/arrival.ts',
        find: '    unite(session, arrived.unfinished.get(client) ?? NOTHING, slots);\n',
        replace:
          '    for (const [sequence, slot] of arrived.unfinished.get(client) ?? NOTHING)\n      slots.changeable(slot).forget(client, sequence);\n',
      },
    ],
    breaks: ['exactly once', 'linearizability'],
    world: {
      ...ON_THE_MOVE,
      // The answers are judged at the end, so the world is short.
      faultsMs: 10_000,
      workload: { pauseMs: 100 },
      mix: {
        ...often({ partition: 4_000, 'kill-herald': 5_000 }),
        conditions: { ...often({}).conditions, loss: 0.15 },
      },
    },
  },
  {
    name: 'a shard is reported as arrived before it is flushed',
    replacements: [
      {
        file: 'radiant/handover/shard-arrival.ts',
        find: '      this.#isWhole = isLast;\n',
        replace: '      this.#isWhole = isLast;\n      if (isLast) this.#context.reportInstalled(shard);\n',
      },
    ],
    breaks: ['a discarded shard is held by its new owner'],
    world: { ...ON_THE_MOVE, mix: often({ 'slow-disk': 1_500, 'kill-herald': 4_000, partition: 3_000 }) },
  },
  {
    name: 'radiants act on configurations in any sequence',
    replacements: [
      {
        file: 'radiant/membership/configuration-adoption.ts',
        find: 'configuration.number <= holder.number) return;',
        replace: 'configuration.number === holder.number) return;',
      },
      {
        file: 'radiant/configuration-holder.ts',
        find: "    assert(!this.#underWay && configuration.number > this.number, 'configurations follow one another');\n",
        replace: '',
      },
    ],
    breaks: ['a configuration never goes back'],
    world: ON_THE_MOVE,
  },
  {
    name: 'the old order answers reads',
    replacements: [
      {
        file: 'store/key-value-store.ts',
        find: "    if (place.kind === 'refused') return place;\n    const state",
        replace: '    const state',
      },
    ],
    breaks: ['a read is answered by the order that owns the slot', 'linearizability'],
    world: ON_THE_MOVE,
  },
];
