/** The bondsmith's tab dies at a step of a reconfiguration. Another tab takes over and reaches the same result. */
import { expect } from 'vitest';
import type { Configuration } from '../../../src/wire/configuration/configuration.ts';
import { extent } from '../../extent.ts';
import { existing } from '../courses/existing.ts';
import { scenariosOn } from '../courses/scenario.ts';
import { placesToVisit } from '../courses/seeds.ts';
import { FlushCounter } from './flush-counter.ts';
import { RECONFIGURATIONS } from './reconfigurations.ts';
import { ShardStage, type ShardStageOptions } from './shard-stage.ts';

/**
 * The members and shards of each order, in a form that is equal for equal results, however many attempts were needed.
 */
function shapeOf(stage: ShardStage, { orders }: Configuration): readonly unknown[] {
  const name = (radiant: string): string =>
    stage.world.hosts.find(({ identity }) => identity === radiant)?.name ?? radiant;
  return orders
    .map(({ members, shards }) => ({
      voters: members.voters.map(({ radiant }) => name(radiant)).toSorted(),
      learners: members.learners.map(({ radiant }) => name(radiant)).toSorted(),
      shards: shards.map(({ first, last }) => `${first}..${last}`).toSorted(),
    }))
    .toSorted((one, other) => (one.voters.join() < other.voters.join() ? -1 : 1));
}

const WRITING_PAUSE_MS = 1_000;

/** Number of steps at which the bondsmith is killed in each kind of reconfiguration. */
const PLACES = extent(1, 3);

/** Writes at intervals during the whole reconfiguration. */
function writeOn(stage: ShardStage, keys: readonly string[]): () => void {
  const { client, world } = stage;
  let written = 0;
  let isStopped = false;
  const next = (): void => {
    if (isStopped) return;
    const key = existing(keys[written++ % keys.length]);
    stage.call(client, 'a writer', { kind: 'append', key, value: `${written}.` }, () => {
      world.timeline.after(WRITING_PAUSE_MS, next);
    });
  };
  next();
  return () => {
    isStopped = true;
  };
}

/** Plays the reconfiguration of one seed, with or without a crash. The stage checks each play. */
class Trial {
  readonly seed: number;
  readonly options: ShardStageOptions;

  constructor(seed: number, options: ShardStageOptions) {
    this.seed = seed;
    this.options = options;
  }

  judge(): void {}
}

const trial = scenariosOn((seed, options: ShardStageOptions) => new Trial(seed, options));

/**
 * The steps at which the bondsmith is killed. A step is a flush in the bondsmith's tab, counted from 1. If there are
 * several phases, phases are chosen first, and then one step of each.
 */
function stepsToVisit(phaseOfStep: readonly number[], share: number): readonly number[] {
  const steps = phaseOfStep.map((_, at) => at + 1);
  const phases = [...new Set(phaseOfStep)];
  if (phases.length === 1) return placesToVisit(steps.length, share, PLACES);
  return placesToVisit(phases.length, share, PLACES).map((place) => {
    const ofPhase = steps.filter((step) => phaseOfStep[step - 1] === phases[place - 1]);
    return existing(ofPhase[Math.floor(((share * phases.length) % 1) * ofPhase.length)]);
  });
}

for (const { name, options, prepare } of RECONFIGURATIONS) {
  trial(`a ${name} goes on when the bondsmith's tab is killed at any step of it`, options, (of, _, visited) => {
    // The first play has no crash. It yields the result, and the number of steps.
    const { shape, share, phaseOfStep, phases } = play(undefined);
    const steps = phaseOfStep.length;
    for (const step of stepsToVisit(phaseOfStep, share)) {
      expect(play(step).shape, `with a crash at flush ${step} of ${steps}`).toEqual(shape);
      visited('step at which it is killed', step, steps);
      if (phases.length === 1) continue;
      visited(`phase in which it is killed (${phases.join('; ')})`, existing(phaseOfStep[step - 1]), phases.length);
    }

    function play(crashAt: number | undefined) {
      const flushes = new FlushCounter();
      const stage = new ShardStage(of.seed, { ...of.options, observers: [flushes] });
      const share = stage.random.between(0, 1);
      stage.open();
      const keys = stage.orders.map((order) => stage.keyOf(order));
      const { begin, orders, phases } = prepare(stage);
      stage.settle();
      const bondsmith = stage.bondsmithsTab();
      const phaseOfStep: number[] = [];
      flushes.begin(existing(bondsmith.identity), (step) => {
        phaseOfStep.push(2 + phases.findLastIndex(({ hasBegun }) => hasBegun(stage.configuration)));
        if (step !== crashAt) return;
        stage.world.timeline.after(0, () => bondsmith.kill());
        stage.world.timeline.after(stage.random.between(50, 3_000), () => bondsmith.open());
      });
      const stopWriting = writeOn(stage, keys);
      begin();
      stage.settle(orders);
      stopWriting();
      const shape = shapeOf(stage, stage.configuration);
      stage.judge();
      return { shape, share, phaseOfStep, phases: ['nothing is decided', ...phases.map((phase) => phase.name)] };
    }
  });
}
