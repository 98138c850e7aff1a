/** Radiants decide only after noted changes. They must act as if they decided after every event. */
import { expect, test } from 'vitest';
import { runSeed } from '../../src/sim/runs/run-seed.ts';
import { extent } from '../extent.ts';
import { type Replacement, simulatorWith } from '../sim/planted/planted-bug.ts';

/** Everything that waits for a change is done after every event, or with every use. */
const WITHOUT_WAITING: readonly Replacement[] = [
  {
    file: 'radiant/radiant.ts',
    find: "    if (isDue && this.#stage === 'running') this.#reconcile();\n",
    replace: "    if (this.#stage === 'running') this.#reconcile();\n",
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

/** A change of roles, members or configurations is not noted. */
const WITH_MISSED_CHANGES: Replacement = {
  file: 'radiant/components.ts',
  find: '    this.changes.note();\n    this.#hooks.onViewChange();',
  replace: '    this.#hooks.onViewChange();',
};

const FAULTS_MS = 20_000;

const traces = (run: typeof runSeed, seeds: number) =>
  Array.from({ length: seeds }, (_, at) => {
    const { traceHash, violation } = run({ seed: at + 1, faultsMs: FAULTS_MS });
    return { seed: at + 1, traceHash, violation };
  });

test('deciding after changes has the same effects as deciding after every event', { timeout: 300_000 }, async () => {
  const seeds = extent(2, 12);
  const { runSeed: runWithoutWaiting } = await simulatorWith('changes-without-waiting', WITHOUT_WAITING);
  const { runSeed: runWithMissed } = await simulatorWith('changes-missed', [WITH_MISSED_CHANGES]);
  const expected = traces(runWithoutWaiting, seeds);
  expect(traces(runSeed, seeds)).toEqual(expected);
  // The comparison notices a change that is not noted.
  expect(traces(runWithMissed, 1)).not.toEqual(expected.slice(0, 1));
});
