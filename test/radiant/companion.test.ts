import { expect, test } from 'vitest';
import type { CallNumber } from '../../src/client/contract.ts';
import { change, orderOf } from './members.ts';
import { gist, put, type SmallWorld, threeTabs } from './small-world.ts';

/** The name of the tab whose flush a sole voter waits for, as a tab's replica has it. */
function companionOf(world: SmallWorld, name: string): string | undefined {
  const order = orderOf(world.tab(name));
  const member = order?.members.find(({ replica }) => replica === order.replica?.companion);
  return [...world.tabs.values()].find(({ id }) => id === member?.radiant)?.name;
}

/** One voter, a, and who follows it. Clients are in a tab of their own. */
function soleVoter(...learners: readonly string[]): SmallWorld {
  const world = threeTabs();
  world.open('client');
  for (const name of ['a', 'b', 'c']) world.link('client', name);
  world.run(1_000);
  change(world, ['a'], learners);
  return world;
}

function withCompanion(world: SmallWorld, companion: string): SmallWorld {
  world.until(() => companionOf(world, 'a') === companion);
  return world;
}

const gistOf = (world: SmallWorld, call: CallNumber): string => {
  const outcome = world.tab('client').outcomes.get(call);
  return outcome === undefined ? 'open' : gist(outcome);
};

test('a sole voter answers a write only when its companion has flushed it too', () => {
  const world = withCompanion(soleVoter('b'), 'b');
  world.ask('client', put('k', '0'));
  world.flushMs = ({ name }) => (name === 'b' ? 400 : 1);
  const call = world.call('client', put('k', '1'));
  world.run(300);
  expect(orderOf(world.tab('a'))?.replica?.applied).toBeGreaterThan(0);
  expect(gistOf(world, call)).toBe('open');
  world.run(300);
  expect(gistOf(world, call)).toBe('written');
});
