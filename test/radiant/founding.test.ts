import { expect, test } from 'vitest';
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import { foundedTabs, get, gist, isLed, put, SmallWorld, type Tab } from './small-world.ts';

function configurationOf(tab: Tab): Configuration {
  const { formation } = tab.radiant.view();
  if (formation.kind !== 'formed') throw new Error('not formed');
  return formation.configuration;
}

function tabs(world: SmallWorld): readonly Tab[] {
  return [...world.tabs.values()];
}

test.each([
  [1, 1],
  [2, 1],
  [3, 1],
  [6, 2],
  [9, 3],
])('%i tabs that are present when the window closes form %i orders and the order of the bondsmith', (count, orders) => {
  const world = foundedTabs(count);
  const [first] = tabs(world);
  const configuration = configurationOf(first ?? never());
  expect(configuration.orders).toHaveLength(orders);
  expect(configuration.bondsmith?.firstVoters).toHaveLength(Math.min(count, 3) === 2 ? 1 : Math.min(count, 3));
  const members = configuration.orders.flatMap(({ members }) => [...members.voters, ...members.learners]);
  expect(members).toHaveLength(count);
  for (const tab of tabs(world)) {
    expect(gist(world.ask(tab.name, put(tab.name, 'here')))).toBe('written');
    expect(gist(world.ask('t1', get(tab.name)))).toBe('"here"');
  }
  world.run(5_000);
  const now = tabs(world).map(configurationOf);
  for (const configuration of now) expect(configuration).toEqual(now[0]);
  expect(tabs(world).flatMap((tab) => tab.radiant.view().foreign)).toEqual([]);
  expect(tabs(world).flatMap((tab) => tab.halted ?? [])).toEqual([]);
});

test('a founder alone waits a moment for others and then founds', () => {
  const world = new SmallWorld('raft', 1, { founding: {} });
  world.open('a', { founder: true });
  world.run(1_200);
  expect(world.tab('a').radiant.view().formation.kind).toBe('collecting');
  world.until(() => isLed(world.tab('a')), 1_500);
  expect(gist(world.ask('a', put('k', 'v')))).toBe('written');
});

test('the founder waits while newcomers come, up to the founding window', () => {
  const world = new SmallWorld('raft', 1, { founding: {} });
  world.open('a', { founder: true });
  const startMs = world.nowMs;
  const names = ['a'];
  while (world.tab('a').radiant.view().formation.kind === 'collecting') {
    const name = `n${names.length}`;
    world.open(name);
    for (const other of names) world.link(name, other);
    names.push(name);
    world.run(1_000);
  }
  expect(world.nowMs - startMs).toBeGreaterThanOrEqual(5_000);
  expect(world.nowMs - startMs).toBeLessThanOrEqual(6_000);
  expect(configurationOf(world.tab('a')).orders).toHaveLength(Math.floor(names.length / 3));
});

test('until it has founded, a founder asks for links with the neighbours of its neighbours', () => {
  const world = new SmallWorld('raft', 1, { founding: { radiants: 3 } });
  const [founder] = ['a', 'b', 'c'].map((name) => world.open(name, { founder: name === 'a' }));
  world.link('a', 'b');
  world.link('b', 'c');
  const unlinked = world.tab('c').id;
  world.until(() => founder?.sought.has(unlinked) === true, 2_000);
  world.link('a', 'c');
  world.until(() => isLed(world.tab('a')), 2_000);
  expect(configurationOf(world.tab('a')).orders[0]?.members.voters).toHaveLength(3);
});

function never(): never {
  throw new Error('the small world is not as this test needs it');
}
