import { often, type PlantedBug, type PlantedWorld, type Replacement } from './planted-bug.ts';

/** Applications that write much, while six tabs form two orders and shards move. */
const MUCH_WRITTEN: PlantedWorld = {
  cluster: {
    shape: { hosts: 6, hostsOnDevice: 1, replicationFactor: 3, unlinked: [] },
    founding: { radiants: 6, windowMs: 2_000, orders: 2, shards: 4 },
    administration: { meanMs: 800 },
    turnover: { meanMs: undefined, lateTabs: 0 },
  },
  mix: often({ 'kill-herald': 8_000 }),
  workload: { processesInTab: 3, pauseMs: 100, bulkBytes: 0 },
  faultsMs: 8_000,
};

/** A window that soon drops changes. */
const SMALL_WINDOW: Replacement = {
  file: 'wire/limits.ts',
  find: '    windowChanges: 4_096,\n',
  replace: '    windowChanges: 16,\n',
};

const BREACHES = ['a watch misses no change', 'a watch ends with the contents of the store'] as const;

export const WATCH_BUGS: readonly PlantedBug[] = [
  {
    name: 'a watch behind the window gets no resync',
    replacements: [
      SMALL_WINDOW,
      {
        file: 'store/changes-after.ts',
        find: "  if (!areCovered(ranges, slots)) return { kind: 'changes', changes: [], ranges: [], isLost: true };\n",
        replace: '',
      },
    ],
    breaks: BREACHES,
    world: MUCH_WRITTEN,
  },
  {
    name: 'a watch continues one entry late',
    replacements: [
      {
        file: 'store/changes-after.ts',
        find: 'comparePositions(change.position, range.position) <= 0) continue;',
        replace: 'change.position.index <= range.position.index + 1) continue;',
      },
    ],
    breaks: BREACHES,
    world: MUCH_WRITTEN,
  },
  {
    name: 'the window of a slot is dropped when its shard moves',
    isForFullRun: true,
    replacements: [
      {
        file: 'store/slot-state.ts',
        find: '    this.#window = this.#window.arrivedWith(index);\n',
        replace: '    this.#window = new ChangeWindow();\n',
      },
    ],
    breaks: BREACHES,
    world: MUCH_WRITTEN,
  },
  {
    name: 'a watch that asks again gets the last change again',
    isForFullRun: true,
    replacements: [
      {
        file: 'store/changes-after.ts',
        find: 'comparePositions(change.position, range.position) <= 0) continue;',
        replace: 'comparePositions(change.position, range.position) < 0) continue;',
      },
      { file: 'store/changes-after.ts', find: 'change.since <= floor', replace: 'change.since < floor' },
    ],
    breaks: ['a watch sees each change once and in order'],
    world: MUCH_WRITTEN,
  },
];
