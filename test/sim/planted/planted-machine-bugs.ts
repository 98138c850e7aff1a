import { CALM } from '../../../src/sim/network/conditions.ts';
import type { PlantedBug, PlantedWorld } from './planted-bug.ts';

/** Three tabs call machines often. Many frames are lost, so that commands are retried. */
const LOSSY: PlantedWorld = {
  cluster: {
    shape: { hosts: 3, hostsOnDevice: 1, replicationFactor: 3, unlinked: [] },
    founding: { radiants: 3, windowMs: 2_000, orders: 1, shards: 2 },
    administration: { meanMs: undefined },
    turnover: { meanMs: undefined, lateTabs: 0 },
  },
  mix: {
    meanMs: {},
    conditions: { ...CALM, latencyMs: [1, 20], loss: 0.15, duplication: 0.02 },
    early: false,
  },
  workload: { machinePauseMs: 60, transactionPauseMs: 10_000, pauseMs: 2_500 },
  faultsMs: 8_000,
};

export const MACHINE_BUGS: readonly PlantedBug[] = [
  {
    name: 'a retried command of a machine runs again',
    replacements: [
      {
        file: 'store/key-value-store.ts',
        find: 'if (outcomeBefore !== undefined) return this.#resultOf(outcomeBefore, command);',
        replace:
          "if (outcomeBefore !== undefined) return operation.kind === 'machine' ? this.#write(slot, operation) : this.#resultOf(outcomeBefore, command);",
      },
    ],
    breaks: ['machines are linearizable'],
    world: LOSSY,
  },
  {
    name: 'a read of a machine gets the state that was restored first',
    replacements: [
      {
        file: 'store/machines.ts',
        find: 'const known = this.#restored.get(value);',
        replace: 'const known = [...this.#restored.values()][0];',
      },
    ],
    breaks: ['machines are linearizable'],
    world: LOSSY,
  },
];
