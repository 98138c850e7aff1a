/** The bondsmith fails: another one takes over, goes on with what was begun, and nobody listens to the old one. */
import { expect } from 'vitest';
import type { ClientAdministration } from '../../../src/client/contract.ts';
import type { Configuration } from '../../../src/wire/configuration.ts';
import { existing } from '../courses/existing.ts';
import { rounds } from '../courses/seeds.ts';
import { FlushCounter } from './flush-counter.ts';
import { scenario } from './shard-scenario.ts';
import { ShardStage, type ShardStageOptions, slotOf } from './shard-stage.ts';

scenario('a bondsmith that is cut off is replaced, and what it decides counts for nothing', { orders: 3 }, (stage) => {
  stage.open();
  const key = stage.keyOf(existing(stage.orders[0]));
  const slot = slotOf(key);
  stage.must({ kind: 'put', key, value: 'v' });
  const [home, one, other] = stage.orders.map(({ id }) => id);
  const old = stage.bondsmithsTab();
  stage.sides.isolate(old);
  // It decides, and cannot commit: its own client waits for that.
  let isAnswered = false;
  old.call({ kind: 'administer', administration: { kind: 'move', slot, to: existing(one) } }, (outcome) => {
    isAnswered = outcome?.kind === 'configuration' && stage.ownerOf(slot).id !== one;
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
  expect(isAnswered).toBe(false);
  expect([home, one, other]).toContain(stage.ownerOf(slot).id);
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

for (const { name, prepare, change } of CHANGES) {
  scenario(`a ${name} goes on when the bondsmith's tab is killed at any step of it`, OPTIONS, (stage) => {
    // How it ends without a crash, and how many steps there are: each is a flush in the bondsmith's tab.
    const undisturbed = play(stage.world.random.integer(1_000_000_000), undefined);
    const steps = Math.max(1, undisturbed.flushes);
    const count = Math.min(steps, rounds(3, 12));
    for (let number = 0; number < count; number++) {
      const step = 1 + Math.floor((number * steps) / count);
      const { shape } = play(undisturbed.seed, step);
      expect(shape, `with a crash at flush ${step} of ${steps}`).toEqual(undisturbed.shape);
    }
    stage.open();

    function play(seed: number, crashAt: number | undefined) {
      const flushes = new FlushCounter();
      const own = new ShardStage(seed, { ...OPTIONS, observers: [flushes] });
      own.open();
      const keys = own.orders.map((order) => own.keyOf(order));
      for (const key of keys) own.must({ kind: 'append', key, value: 'v.' });
      prepare?.(own);
      own.settle(2);
      const bondsmith = own.bondsmithsTab();
      flushes.begin(existing(bondsmith.identity), crashAt, () => {
        own.world.timeline.after(0, () => bondsmith.kill());
        own.world.timeline.after(own.random.between(50, 3_000), () => bondsmith.open());
      });
      change(own);
      own.settle(2);
      const { counted } = flushes;
      for (const key of keys) expect(own.must({ kind: 'get', key })).toEqual({ kind: 'value', value: 'v.' });
      const shape = shapeOf(own, own.configuration);
      own.judge();
      return { seed, shape, flushes: counted };
    }
  });
}
