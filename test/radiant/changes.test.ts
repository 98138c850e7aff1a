/** Radiants decide only after noted changes. They must act as if they decided after every event. */
import { expect, test } from 'vitest';
import type { runSeed } from '../../src/sim/runs/run-seed.ts';
import { type Replacement, simulatorWith } from '../sim/planted/planted-bug.ts';

/** Everything that waits for a change is done after every event, or with every use. */
const WITHOUT_WAITING: readonly Replacement[] = [
  {
    file: 'radiant/radiant.ts',
    find: "    if (changes.count !== this.#reconciledCount && this.#stage === 'running') {\n",
    replace: "    if (this.#stage === 'running') {\n",
  },
  {
    file: 'radiant/herald/obstacles.ts',
    find: '    if (this.#judgedCount !== this.#changes.count) {\n',
    replace: '    {\n',
  },
  {
    file: 'radiant/neighbours/handshake.ts',
    find: '    if (this.#partnersCount !== this.#changes.count) {\n',
    replace: '    {\n',
  },
];

const SEEDS = Array.from({ length: 3 }, (_, at) => at + 1);
const FAULTS_MS = 20_000;

const traces = (run: typeof runSeed) =>
  SEEDS.map((seed) => {
    const { traceHash, violation } = run({ seed, faultsMs: FAULTS_MS });
    return { seed, traceHash, violation };
  });

test('deciding after changes has the same effects as deciding after every event', { timeout: 300_000 }, async () => {
  const { runSeed: runAsIs } = await simulatorWith('changes-as-is', []);
  const { runSeed: runWithoutWaiting } = await simulatorWith('changes-without-waiting', WITHOUT_WAITING);
  expect(traces(runAsIs)).toEqual(traces(runWithoutWaiting));
});
