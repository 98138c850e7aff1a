/** Full disks. Radiants whose disk has room lead, calls fail at once, and work continues when there is room again. */
import { expect, test } from 'vitest';
import type { CallNumber } from '../../src/client/contract.ts';
import { asSlot, shortId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { get, gist, foundedTabs, put, type SmallWorld, type Tab, threeTabs } from './small-world.ts';

function heraldAndOthers(world: SmallWorld) {
  const herald = world.herald();
  if (herald === undefined) throw new Error('no herald');
  const [first, second] = [...world.tabs.values()].filter((tab) => tab !== herald);
  if (first === undefined || second === undefined) throw new Error('three tabs');
  return { herald, first, second };
}

function errorOf(tab: Tab, call: CallNumber) {
  const outcome = tab.outcomes.get(call);
  return outcome?.kind === 'failed' ? { code: outcome.error.code, effect: outcome.error.effect } : outcome?.kind;
}

function messageOf(tab: Tab, call: CallNumber): string | undefined {
  const outcome = tab.outcomes.get(call);
  return outcome?.kind === 'failed' ? outcome.error.message : undefined;
}

/** Fills disks, and waits until each of their radiants has noticed. */
function fill(world: SmallWorld, ...tabs: readonly Tab[]): void {
  for (const tab of tabs) tab.disk.isFull = true;
  const { herald } = heraldAndOthers(world);
  const call = world.call(herald.name, put('finds', 'out'));
  world.until(() => herald.outcomes.has(call));
  world.run(TIMES.liveness.presenceMs);
}

test('a herald whose disk is full hands over, and its tab keeps writing through the next one', () => {
  const world = threeTabs();
  const { herald } = heraldAndOthers(world);
  world.ask(herald.name, put('k', 'before'));
  herald.disk.isFull = true;
  const startMs = world.nowMs;
  expect(gist(world.ask(herald.name, put('k', 'after')))).toBe('written');
  expect(world.nowMs - startMs).toBeLessThan(1_500);
  expect(herald.halted).toBeUndefined();
  expect(world.herald()).not.toBe(herald);
  expect(gist(world.ask(herald.name, get('k')))).toBe('"after"');
});

test('a voter whose disk is full does not stand for election, and stands again when it has room', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  fill(world, first);
  world.kill(herald.name);
  world.run(5_000);
  expect(first.radiant.view().orders[0]?.replica?.role).toBe('follower');
  first.disk.isFull = false;
  world.until(() => [first, second].some((tab) => tab.radiant.view().orders[0]?.replica?.role === 'leader'), 10_000);
  expect(gist(world.ask(second.name, put('k', 'v')))).toBe('written');
});

test('if no voter has room, writes fail at once as STORAGE_FULL without effect, and reads continue', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  world.ask(herald.name, put('k', 'before'));
  fill(world, herald, first, second);
  for (const tab of [herald, first, second]) {
    const startMs = world.nowMs;
    const write = world.call(tab.name, put('k', 'after'));
    world.until(() => tab.outcomes.has(write));
    expect(errorOf(tab, write)).toEqual({ code: 'STORAGE_FULL', effect: 'none' });
    expect(messageOf(tab, write)).toContain(shortId(herald.id));
    expect(world.nowMs - startMs).toBeLessThan(100);
    expect(gist(world.ask(tab.name, get('k')))).toBe('"before"');
  }
});

test('a herald with room refuses writes at once if both other voters are full', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  world.ask(herald.name, put('k', 'before'));
  fill(world, first, second);
  const write = world.call(herald.name, put('k', 'after'));
  world.until(() => herald.outcomes.has(write));
  expect(errorOf(herald, write)).toEqual({ code: 'STORAGE_FULL', effect: 'none' });
  expect(gist(world.ask(herald.name, get('k')))).toBe('"before"');
});

test('a write that was proposed when the disks became full fails at once with an unknown outcome', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  world.ask(first.name, put('k', 'before'));
  for (const tab of [herald, first, second]) tab.disk.isFull = true;
  const startMs = world.nowMs;
  const write = world.call(first.name, put('k', 'after'));
  world.until(() => first.outcomes.has(write));
  expect(errorOf(first, write)).toEqual({ code: 'OUTCOME_UNKNOWN', effect: 'unknown' });
  expect(world.nowMs - startMs).toBeLessThan(1_000);
});

test('disks that have room again are used without a restart, and each proposed write takes effect at most once', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  world.ask(herald.name, put('k', 'before'));
  fill(world, herald, first, second);
  world.run(20_000);
  for (const tab of world.tabs.values()) tab.disk.isFull = false;
  world.run(2_000);
  for (const tab of world.tabs.values()) {
    expect(gist(world.ask(tab.name, put('k', tab.name)))).toBe('written');
    expect(tab.halted).toBeUndefined();
  }
  expect(['missing', '"out"']).toContain(gist(world.ask(second.name, get('finds'))));
});

test('a follower whose disk is full does not block the order, and catches up when it has room', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  fill(world, first);
  for (let at = 0; at < 20; at++) expect(gist(world.ask(second.name, put(`k${at}`, 'v')))).toBe('written');
  expect(gist(world.ask(first.name, get('k7')))).toBe('"v"');
  first.disk.isFull = false;
  const applied = (tab: Tab) => tab.radiant.view().orders[0]?.replica?.applied ?? 0;
  world.until(() => applied(first) === applied(herald), 5_000);
});

test("a sole voter refuses writes at once and answers reads if its own disk is full, but not if only its companion's is", () => {
  const world = foundedTabs(2);
  const [founder, companion] = [world.tab('t1'), world.tab('t2')];
  world.until(() => founder.radiant.view().orders[0]?.replica?.companion !== undefined, 20_000);
  world.ask('t1', put('k', 'before'));
  world.ask('t2', put('k', 'before'));
  companion.disk.isFull = true;
  expect(gist(world.ask('t2', put('k', 'alone')))).toBe('written');
  founder.disk.isFull = true;
  const proposed = world.call('t1', put('k', 'proposed'));
  world.until(() => founder.outcomes.has(proposed), 1_000);
  const refused = world.call('t2', put('k', 'refused'));
  world.until(() => companion.outcomes.has(refused), 1_000);
  expect(errorOf(companion, refused)).toEqual({ code: 'STORAGE_FULL', effect: 'none' });
  expect(gist(world.ask('t2', get('k')))).toBe('"alone"');
});

test('a change of the configuration fails at once as STORAGE_FULL if the bondsmith cannot write', () => {
  const world = foundedTabs(3);
  const [first] = world.tabs.values();
  if (first === undefined) throw new Error('three tabs');
  fill(world, ...world.tabs.values());
  const change = world.call(first.name, { kind: 'administer', administration: { kind: 'fracture', slot: asSlot(99) } });
  world.until(() => first.outcomes.has(change), 2_000);
  expect(errorOf(first, change)).toEqual({ code: 'STORAGE_FULL', effect: 'none' });
});
