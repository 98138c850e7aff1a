import { oneOrder } from '../one-order.ts';
import { often, type PlantedBug, type PlantedWorld } from './planted-bug.ts';

/** Checkpoints are made every few entries, so an absent replica needs a snapshot. */
const FORGETFUL: PlantedWorld = {
  cluster: oneOrder(4, 3, { meanMs: 4_000, lateTabs: 1 }),
  mix: often({ kill: 4_000, partition: 5_000, 'slow-disk': 5_000 }),
  faultsMs: 30_000,
  checkpointLogBytes: 1_000,
};

export const SNAPSHOT_BUGS: readonly PlantedBug[] = [
  {
    name: 'the log is cut up to the applied index, beyond the checkpoint',
    replacements: [
      {
        file: 'radiant/replica/snapshots.ts',
        find: `    const through = this.#checkpointing.index ?? asLogIndex(0);
    const held`,
        replace: `    const through = this.#context.state.applied;
    const held`,
      },
    ],
    breaks: ['the log is never cut beyond the durable checkpoint', 'no invariant breaks'],
    world: FORGETFUL,
  },
  {
    name: 'a manifest is written without the last chunk of its state',
    replacements: [
      {
        file: 'radiant/replica/checkpointing.ts',
        find: '    write([...changes, ...checkpoints.complete(',
        replace: '    write([...changes.slice(0, -1), ...checkpoints.complete(',
      },
    ],
    breaks: ['a manifest names only stored chunks'],
    world: FORGETFUL,
  },
  {
    name: 'a fetched state is used before it is flushed',
    replacements: [
      {
        file: 'radiant/replica/replica.ts',
        find: '      install: (snapshot) => this.#snapshots.install(snapshot),',
        replace: `      install: (snapshot) => {
        const changes = this.#snapshots.install(snapshot);
        this.#snapshots.installed();
        return changes;
      },`,
      },
      {
        file: 'radiant/replica/replica.ts',
        find: `      this.#snapshots.installed();
      this.#context.onStatusChange();`,
        replace: '      this.#context.onStatusChange();',
      },
    ],
    breaks: ['an entry is durable before it is applied'],
    world: FORGETFUL,
  },
  {
    name: 'a part of the log stays when a fetched state replaces it',
    replacements: [
      {
        file: 'radiant/replica/snapshots.ts',
        find: '...log.restartBehind(compactionPoint.index),',
        replace: '...log.restartBehind(compactionPoint.index).slice(1),',
      },
    ],
    breaks: [
      'an install replaces the whole log',
      'a log has no gaps',
      'only a radiant that lost its memory is retired',
    ],
    world: FORGETFUL,
  },
  {
    name: 'a checkpoint omits the finished sessions, and its digest is not checked',
    replacements: [
      {
        file: 'store/key-value-store.ts',
        find: "      yield { kind: 'session', client, lastUsedMs, finishedThrough, openedAt };",
        replace:
          "      yield { kind: 'session', client, lastUsedMs, finishedThrough: finishedThrough - finishedThrough, openedAt };",
      },
      {
        file: 'radiant/replica/state-restoration.ts',
        find: '    if (restored !== digest) throw malformed(',
        replace: '    if (restored === undefined) throw malformed(',
      },
    ],
    breaks: ['replicas agree', 'exactly once', 'linearizability', 'no invariant breaks'],
    world: FORGETFUL,
  },
];
