import { expect, test } from 'vitest';
import type { RadiantEffect } from '../../src/radiant/event.ts';
import { decodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { decodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { get, gist, foundedTabs, put, type SmallWorld, type Tab, threeTabs } from './small-world.ts';

const FOR_EVER = Number.POSITIVE_INFINITY;

function heraldAndOthers(world: SmallWorld) {
  const herald = world.herald();
  if (herald === undefined) throw new Error('no herald');
  const [first, second] = [...world.tabs.values()].filter((tab) => tab !== herald);
  if (first === undefined || second === undefined) throw new Error('three tabs');
  return { herald, first, second };
}

/** Makes every further write of the tab hang. */
function hang(world: SmallWorld, hung: Tab): void {
  world.flushMs = (tab) => (tab === hung ? FOR_EVER : 1);
}

test('a herald whose write hangs stops leading, and another one answers within 3 s', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  world.ask(first.name, put('k', 'before'));
  hang(world, herald);
  const startMs = world.nowMs;
  expect(gist(world.ask(first.name, put('k', 'after')))).toBe('written');
  world.until(() => herald.halted !== undefined);
  expect(herald.halted?.code).toBe('STORAGE_HUNG');
  expect(gist(world.ask(second.name, get('k')))).toBe('"after"');
  expect(gist(world.ask(second.name, put('k', 'later')))).toBe('written');
  expect(world.nowMs - startMs).toBeLessThan(3_000);
});

test('a herald whose write hangs asks the voter with the whole log to lead and is silent afterwards', () => {
  const world = threeTabs();
  const { herald, first } = heraldAndOthers(world);
  const order = herald.radiant.view().orders[0]?.order;
  const told: Tab[] = [];
  const after: RadiantEffect[] = [];
  world.observes = (tab, effect) => {
    if (tab !== herald) return;
    if (herald.halted !== undefined) after.push(effect);
    const frame = effect.kind === 'send' ? decodeFrame(effect.bytes) : undefined;
    if (frame?.group !== order) return;
    if (frame?.body.kind !== 'consensus' || decodeRaftMessage(frame.body.message).type !== 'timeout-now') return;
    told.push(...[...world.tabs.values()].filter(({ id }) => id === frame.receiver));
  };
  hang(world, herald);
  world.call(first.name, put('k', 'v'));
  world.until(() => herald.halted !== undefined);
  expect(told).toHaveLength(1);
  const [successor] = told;
  const isLeading = () => successor?.radiant.view().orders[0]?.replica?.role === 'leader';
  const haltedMs = world.nowMs;
  world.until(isLeading);
  expect(world.nowMs - haltedMs).toBeLessThan(50);
  world.run(2_000);
  expect(after).toEqual([]);
});

test('a call that waits at a herald with a hung disk gets an unknown outcome', () => {
  const world = threeTabs();
  const { herald } = heraldAndOthers(world);
  world.ask(herald.name, put('k', 'before'));
  world.flushMs = () => FOR_EVER;
  const replies: unknown[] = [];
  world.observes = (tab, effect) => {
    if (tab === herald && effect.kind === 'reply') replies.push(effect.reply.answer);
  };
  const call = world.call(herald.name, put('k', 'after'));
  world.until(() => herald.halted !== undefined);
  // The client repeated the request while it waited. Every copy of the request gets the same answer.
  expect(replies.length).toBeGreaterThan(0);
  for (const reply of replies) {
    expect(reply).toMatchObject({ kind: 'refusal', code: 'NOT_HERALD', withoutEffect: false, herald: undefined });
  }
  expect(herald.outcomes.get(call)).toBeUndefined();
});

test('a follower whose write hangs stops, and the order continues without it', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  hang(world, first);
  expect(gist(world.ask(second.name, put('k', 'v')))).toBe('written');
  world.until(() => first.halted !== undefined, 2_500);
  expect(first.halted?.code).toBe('STORAGE_HUNG');
  expect(herald.halted).toBeUndefined();
  expect(gist(world.ask(herald.name, put('k', 'w')))).toBe('written');
});

test('a disk that takes a second for each write does not count as hung', () => {
  const world = threeTabs();
  world.flushMs = () => 1_000;
  for (const value of ['1', '2', '3']) expect(gist(world.ask('a', put('k', value)))).toBe('written');
  for (const tab of world.tabs.values()) expect(tab.halted).toBeUndefined();
});

test('a radiant that was frozen does not count its disk as hung', () => {
  const world = threeTabs();
  const { herald } = heraldAndOthers(world);
  world.flushMs = (tab) => (tab === herald ? 5_300 : 1);
  world.timerMs = 5_000;
  world.call(herald.name, put('k', 'v'));
  world.run(5_100);
  expect(herald.halted).toBeUndefined();
});

test('a bondsmith whose write hangs stops deciding, and another one decides', () => {
  const world = foundedTabs(3);
  const bondsmith = [...world.tabs.values()].find((tab) => tab.radiant.view().bondsmith?.replica?.role === 'leader');
  const other = [...world.tabs.values()].find((tab) => tab !== bondsmith);
  if (bondsmith === undefined || other === undefined) throw new Error('a bondsmith');
  hang(world, bondsmith);
  world.call(bondsmith.name, put('k', 'v'));
  world.until(() => bondsmith.halted !== undefined);
  const startMs = world.nowMs;
  world.until(() => {
    const herald = other.radiant.view().bondsmith?.herald;
    return herald !== undefined && herald !== bondsmith.id;
  });
  expect(world.nowMs - startMs).toBeLessThan(1_000);
  expect(gist(world.ask(other.name, put('k', 'w')))).toBe('written');
});
