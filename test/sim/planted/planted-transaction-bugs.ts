import type { ClusterPlan } from '../../../src/sim/runs/seed-plan.ts';
import { often, type PlantedBug, type PlantedWorld } from './planted-bug.ts';

/** Six tabs form three orders, so that most transactions need several orders. */
const orders = (meanMs: number | undefined): ClusterPlan => ({
  shape: { hosts: 6, hostsOnDevice: 1, replicationFactor: 3, unlinked: [] },
  founding: { radiants: 6, windowMs: 2_000, orders: 3, shards: 6 },
  administration: { meanMs },
  turnover: { meanMs: undefined, lateTabs: 0 },
});

/** Many transactions on a calm cluster. */
const DENSE: PlantedWorld = {
  cluster: orders(undefined),
  mix: often({}),
  workload: { transactionPauseMs: 60, pauseMs: 1_000 },
  faultsMs: 12_000,
};

/** Tabs are killed in the middle of transactions, and shards move. */
const FALLING: PlantedWorld = {
  cluster: orders(1_500),
  mix: often({ kill: 1_500, 'kill-herald': 3_000 }),
  workload: { transactionPauseMs: 100, pauseMs: 1_000 },
  faultsMs: 25_000,
};

export const TRANSACTION_BUGS: readonly PlantedBug[] = [
  {
    name: 'a prepare skips its checks',
    replacements: [
      {
        file: 'store/transactions.ts',
        find: "  const obstacle = obstacleTo([part], [state]);\n  if (obstacle !== undefined) return { kind: 'outcome', outcome: obstacle };\n",
        replace: '',
      },
    ],
    breaks: ['strict serializability', 'transfers keep the total of the bank'],
    world: DENSE,
  },
  {
    name: 'a read ignores the lock of a transaction',
    isForFullRun: true,
    replacements: [
      {
        file: 'store/key-value-store.ts',
        find: '    if (state?.locks?.blocksRead(keyTextOf(key)) === true) return LOCKED;\n',
        replace: '',
      },
    ],
    breaks: ['strict serializability', 'transfers keep the total of the bank'],
    world: DENSE,
  },
  {
    name: 'a client decides before all slots have prepared',
    replacements: [
      {
        file: 'client/transactions.ts',
        find: '    if (attempt.prepared.size < attempt.plan.remote.length) return;\n',
        replace: '',
      },
    ],
    breaks: ['strict serializability', 'transfers keep the total of the bank', 'a transaction has one decision'],
    world: DENSE,
  },
  {
    name: 'a herald releases the lock of a gone client without asking the home',
    isForFullRun: true,
    replacements: [
      {
        file: 'radiant/transaction-settler.ts',
        find: '  if (isCommitted === undefined) return undefined;\n',
        replace: "  if (isCommitted === undefined) return 'abort';\n",
      },
    ],
    breaks: ['strict serializability', 'transfers keep the total of the bank', 'a transaction has one decision'],
    world: FALLING,
  },
  {
    name: 'a home forgets that it aborted a transaction',
    isForFullRun: true,
    replacements: [
      {
        file: 'store/transactions.ts',
        find: '  if (mayArrive && !session.unfinished.has(sequence)) {\n',
        replace: '  if (mayArrive && session.unfinished.has(sequence)) {\n',
      },
      // Heralds resolve so early that the decisions of living clients are still on their way.
      { file: 'wire/times.ts', find: '  lockPatienceMs: 2_000,\n', replace: '  lockPatienceMs: 50,\n' },
    ],
    breaks: ['strict serializability', 'transfers keep the total of the bank', 'a transaction has one decision'],
    world: DENSE,
  },
];
