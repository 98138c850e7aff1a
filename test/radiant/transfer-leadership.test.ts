import { expect, test } from 'vitest';
import { gist, put, threeTabs } from './small-world.ts';

test('a herald that is told to transfer its leadership is followed by another voter at once, and nothing is lost', () => {
  const world = threeTabs();
  const former = world.herald();
  if (former === undefined) throw new Error('no herald');
  world.ask(former.name, put('k', 'before'));
  const startMs = world.nowMs;
  world.event(former.name, { kind: 'transfer-leadership' });
  world.until(() => {
    const next = world.herald();
    return next !== undefined && next !== former;
  });
  expect(world.nowMs - startMs).toBeLessThan(200);
  expect(gist(world.ask(former.name, put('k', 'after')))).toBe('written');
});

test('a herald continues to lead if no voter can take over', () => {
  const world = threeTabs();
  const herald = world.herald();
  if (herald === undefined) throw new Error('no herald');
  for (const tab of world.tabs.values()) if (tab !== herald) world.kill(tab.name);
  world.event(herald.name, { kind: 'transfer-leadership' });
  expect(herald.halted).toBeUndefined();
  for (const tab of world.tabs.values()) {
    if (tab === herald) continue;
    world.reopen(tab.name);
    for (const other of world.tabs.values()) if (other !== tab && other.alive) world.link(tab.name, other.name);
  }
  expect(gist(world.ask(herald.name, put('k', 'later')))).toBe('written');
});

test('a follower that is told to transfer its leadership changes nothing', () => {
  const world = threeTabs();
  const herald = world.herald();
  const follower = [...world.tabs.values()].find((tab) => tab !== herald);
  if (follower === undefined) throw new Error('three tabs');
  world.event(follower.name, { kind: 'transfer-leadership' });
  expect(gist(world.ask(follower.name, put('k', 'value')))).toBe('written');
  expect(world.herald()).toBe(herald);
});
