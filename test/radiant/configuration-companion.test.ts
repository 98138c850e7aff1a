import { expect, test } from 'vitest';
import { asSlot } from '../../src/wire/identifiers.ts';
import { administer, awaits, bondsmithOf, configurationOf, isAtRest, openBeside } from './founded-world.ts';
import { SmallWorld, type Tab } from './small-world.ts';

function companionOf(world: SmallWorld): Tab | undefined {
  const view = bondsmithOf(world)?.radiant.view().bondsmith;
  const member = view?.members.find(({ replica }) => replica === view.replica?.companion);
  return [...world.tabs.values()].find(({ id }) => id === member?.radiant);
}

function memberKindsOf(world: SmallWorld): readonly string[] {
  const view = bondsmithOf(world)?.radiant.view().bondsmith;
  return view?.members.map(({ memberKind }) => memberKind).toSorted() ?? [];
}

test('no radiant adopts a configuration that the companion of its sole voter has not flushed', () => {
  const world = new SmallWorld('raft', 1, { founding: {} });
  openBeside(world, 'a', { founder: true });
  awaits(world, () => isAtRest(world));
  openBeside(world, 'b');
  openBeside(world, 'c');
  awaits(world, () => companionOf(world) !== undefined && memberKindsOf(world).join() === 'learner,learner,voter');
  awaits(world, () => isAtRest(world));
  const companion = companionOf(world);
  if (companion === undefined) throw new Error('there is one');
  const before = configurationOf(world.tab('a')).number;
  world.flushMs = (tab) => (tab === companion ? 400 : 1);
  world.call('a', administer({ kind: 'fracture', slot: asSlot(77) }));
  const numbers = () => [...world.tabs.values()].map((tab) => configurationOf(tab).number);
  world.run(300);
  expect(numbers()).toEqual([before, before, before]);
  world.until(() => numbers().every((number) => number > before));
});
