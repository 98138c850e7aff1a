/** The bondsmith fails: another one takes over, goes on with what was begun, and nobody listens to the old one. */
import { expect } from 'vitest';
import type { ClientAdministration } from '../../../src/client/contract.ts';
import { assignmentOfSlot } from '../../../src/cluster/configuration.ts';
import type { Configuration } from '../../../src/wire/configuration/configuration.ts';
import { existing } from '../courses/existing.ts';
import { scenariosOn } from '../courses/scenario.ts';
import { placesToVisit } from '../courses/seeds.ts';
import { FlushCounter } from './flush-counter.ts';
import { scenario } from './shard-scenario.ts';
import { ShardStage, type ShardStageOptions, slotOf } from './shard-stage.ts';

scenario('a bondsmith that is cut off is replaced, and what it decides counts for nothing', { orders: 3 }, (stage) => {
  stage.open();
  const key = stage.keyOf(existing(stage.orders[0]));
  const slot = slotOf(key);
  stage.must({ kind: 'put', key, value: 'v' });
  const [, one, other] = stage.orders.map(({ id }) => id);
  const old = stage.bondsmithsTab();
  stage.sides.isolate(old);
  // It decides, and cannot commit: its own client waits for that.
  const answers: Configuration[] = [];
  old.call({ kind: 'administer', administration: { kind: 'move', slot, to: existing(one) } }, (outcome) => {
    if (outcome?.kind === 'configuration') answers.push(outcome.configuration);
  });
  stage.world.runFor(100);
  const rest = stage.world.hosts.filter((host) => host !== old);
  stage.until(
    () => rest.some(({ radiants }) => radiants.some((radiant) => radiant === stage.world.bondsmith())),
    'another bondsmith',
  );
  stage.administer({ kind: 'move', slot, to: existing(other) });
  stage.arrived(slot);
  expect(stage.must({ kind: 'get', key })).toEqual({ kind: 'value', value: 'v' });
  const decided = stage.configuration.number;
  stage.sides.rejoin(old);
  stage.until(
    () => old.radiants[0]?.view().formation.kind === 'formed' && numberOf(old) >= decided,
    'that it learns what was decided without it',
  );
  // Asked again, its successor may have decided so by now: the answer is of that decision, never of its own.
  for (const answer of answers) {
    expect(answer.number).toBeGreaterThan(decided);
    expect(assignmentOfSlot(answer, slot)?.order.id).toBe(one);
  }
  expect([one, other]).toContain(stage.ownerOf(slot).id);
});

function numberOf(tab: ShardStage['servers'][number]): number {
  const formation = tab.radiants[0]?.view().formation;
  return formation?.kind === 'formed' ? formation.configuration.number : 0;
}

type Change = (stage: ShardStage) => void;

/** What an administrator asks for; it waits until it is done. */
const asks = (draw: (stage: ShardStage) => ClientAdministration): Change => {
  return (stage) => {
    const administration = draw(stage);
    stage.administer(administration);
    if ('slot' in administration) stage.arrived(administration.slot, 60_000);
  };
};

const firstShard = (stage: ShardStage) => existing(existing(stage.orders[0]).shards[0]);

const CHANGES: readonly { readonly name: string; readonly prepare?: Change; readonly change: Change }[] = [
  {
    name: 'move',
    change: asks((stage) => ({ kind: 'move', slot: firstShard(stage).first, to: existing(stage.orders[1]).id })),
  },
  {
    name: 'fracture',
    change: asks((stage) => ({ kind: 'fracture', slot: slotOf(existing(stage.keysIn(firstShard(stage), 2)[1])) })),
  },
  {
    name: 'consolidate',
    change: asks((stage) => ({ kind: 'consolidate', slot: existing(stage.orders[0]?.shards[1]).first })),
  },
  { name: 'join', change: (stage) => existing(stage.spares[0]).open() },
  {
    name: 'leave',
    prepare: (stage) => {
      existing(stage.spares[0]).open();
      stage.settle(2);
    },
    change: (stage) => {
      const tab = existing(stage.spares[0]);
      const radiant = existing(tab.radiants[0]);
      radiant.handle({ kind: 'leave' });
      stage.until(() => radiant.view().leaving?.kind === 'left', 'that it is let go', 60_000);
      tab.close();
    },
  },
];

/** Who serves what and who forms what, in words that do not depend on how often it was tried. */
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

const OPTIONS: ShardStageOptions = { orders: 2, spares: 1, shards: 8 };

/** Of one seed; whatever is played judges itself. */
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

for (const { name, prepare, change } of CHANGES) {
  trial(`a ${name} goes on when the bondsmith's tab is killed at any step of it`, OPTIONS, (of, _, visited) => {
    // How it ends without a crash, and how many steps there are: each is a flush in the bondsmith's tab.
    const undisturbed = play(undefined);
    const steps = Math.max(1, undisturbed.flushes);
    for (const step of placesToVisit(steps, undisturbed.share, 3)) {
      expect(play(step).shape, `with a crash at flush ${step} of ${steps}`).toEqual(undisturbed.shape);
      visited('step at which it is killed', step, steps);
    }

    function play(crashAt: number | undefined) {
      const flushes = new FlushCounter();
      const stage = new ShardStage(of.seed, { ...of.options, observers: [flushes] });
      const share = stage.random.between(0, 1);
      stage.open();
      const keys = stage.orders.map((order) => stage.keyOf(order));
      for (const key of keys) stage.must({ kind: 'append', key, value: 'v.' });
      prepare?.(stage);
      stage.settle(2);
      const bondsmith = stage.bondsmithsTab();
      flushes.begin(existing(bondsmith.identity), crashAt, () => {
        stage.world.timeline.after(0, () => bondsmith.kill());
        stage.world.timeline.after(stage.random.between(50, 3_000), () => bondsmith.open());
      });
      change(stage);
      stage.settle(2);
      const { counted } = flushes;
      for (const key of keys) expect(stage.must({ kind: 'get', key })).toEqual({ kind: 'value', value: 'v.' });
      const shape = shapeOf(stage, stage.configuration);
      stage.judge();
      return { shape, share, flushes: counted };
    }
  });
}
