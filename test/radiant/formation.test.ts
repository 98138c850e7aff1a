import { expect, test } from 'vitest';
import { append, get, gist, put, remove, threeTabs } from './small-world.ts';

test('three tabs form one order with one herald', () => {
  const world = threeTabs();
  const views = [...world.tabs.values()].map((tab) => tab.radiant.view());
  expect(new Set(views.map(({ cluster }) => cluster)).size).toBe(1);
  expect(views.map(({ lifecycle }) => lifecycle)).toEqual(['associated', 'associated', 'associated']);
  expect(new Set(views.map(({ orders }) => orders[0]?.herald)).size).toBe(1);
  expect(views.filter(({ orders }) => orders[0]?.replica?.role === 'leader')).toHaveLength(1);
});

test.each(['raft', 'naive'])('what one tab writes the others read (%s)', (algorithm) => {
  const world = threeTabs(algorithm);
  expect(gist(world.ask('a', put('colour', 'green')))).toBe('written');
  expect(gist(world.ask('b', get('colour')))).toBe('"green"');
  expect(gist(world.ask('b', append('colour', 'ish')))).toBe('written');
  expect(gist(world.ask('c', get('colour')))).toBe('"greenish"');
  expect(gist(world.ask('c', remove('colour')))).toBe('written');
  expect(gist(world.ask('a', get('colour')))).toBe('missing');
});
