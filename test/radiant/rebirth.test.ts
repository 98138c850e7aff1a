import { expect, test } from 'vitest';
import type { DiskCopy } from '../../src/storage/memory/memory-disk.ts';
import { decodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { get, gist, put, SmallWorld, type Tab, threeTabs } from './small-world.ts';

const order = (tab: Tab) => tab.radiant.view().orders[0];

/** Replaces a tab's disk with an older copy, and opens the tab again. */
function rollBack(world: SmallWorld, tab: Tab, copy: DiskCopy, ...neighbours: readonly string[]): () => number {
  world.kill(tab.name);
  tab.disk.rollBack(copy);
  let consensusFrames = 0;
  world.observes = (sender, effect) => {
    if (sender !== tab || effect.kind !== 'send') return;
    if (decodeFrame(effect.bytes).body.kind === 'consensus') consensusFrames += 1;
  };
  world.reopen(tab.name);
  for (const neighbour of neighbours) world.link(tab.name, neighbour);
  return () => consensusFrames;
}

test('a radiant with a rolled-back disk does not vote, and its identity is lost', () => {
  const world = threeTabs();
  world.ask('a', put('k', '1'));
  const copy = world.tab('c').disk.copy();
  for (let at = 2; at < 6; at++) world.ask('a', put('k', `${at}`));
  const consensusFrames = rollBack(world, world.tab('c'), copy, 'a', 'b');
  world.until(() => world.tab('c').halted !== undefined);
  expect(world.tab('c').halted?.code).toBe('STORAGE_LOST');
  expect(consensusFrames()).toBe(0);
  expect(gist(world.ask('a', get('k')))).toBe('"5"');
});

test('a copy of the disk from an earlier start is detected by its start counter, even if nothing was written since', () => {
  const world = threeTabs();
  world.ask('a', put('k', '1'));
  const copy = world.tab('c').disk.copy();
  world.kill('c');
  world.reopen('c');
  world.link('c', 'a');
  world.link('c', 'b');
  world.run(2_000);
  const consensusFrames = rollBack(world, world.tab('c'), copy, 'a', 'b');
  world.until(() => world.tab('c').halted !== undefined);
  expect(world.tab('c').halted?.code).toBe('STORAGE_LOST');
  expect(consensusFrames()).toBe(0);
});

test('a radiant whose disk is rolled back to before the founding does not found a second time', () => {
  const world = new SmallWorld();
  world.open('a', { founder: true });
  world.open('b');
  world.open('c');
  const copy = world.tab('c').disk.copy();
  world.linkAll('a', 'b', 'c');
  world.until(() => world.herald() !== undefined);
  world.ask('a', put('k', '1'));
  world.run(1_000);
  const consensusFrames = rollBack(world, world.tab('c'), copy, 'b');
  world.until(() => world.tab('c').halted !== undefined);
  expect(world.tab('c').halted?.code).toBe('STORAGE_LOST');
  expect(consensusFrames()).toBe(0);
});

test('sightings of a replica survive a restart of all radiants that saw it', () => {
  const world = threeTabs();
  world.ask('a', put('k', '1'));
  const copy = world.tab('c').disk.copy();
  for (let at = 2; at < 6; at++) world.ask('a', put('k', `${at}`));
  world.run(1_000);
  world.ask('a', put('k', '6'));
  for (const name of ['a', 'b']) world.kill(name);
  for (const name of ['a', 'b']) world.reopen(name);
  const consensusFrames = rollBack(world, world.tab('c'), copy, 'a');
  world.until(() => world.tab('c').halted !== undefined);
  expect(world.tab('c').halted?.code).toBe('STORAGE_LOST');
  expect(consensusFrames()).toBe(0);
});

test('a radiant that lost nothing continues as the same voter after a restart', () => {
  const world = threeTabs();
  for (let round = 0; round < 4; round++) {
    world.ask('a', put('k', `${round}`));
    world.kill('c');
    world.reopen('c');
    world.link('c', 'a');
    world.link('c', 'b');
    world.run(1_000);
    expect(world.tab('c').halted).toBeUndefined();
  }
  world.kill('b');
  expect(gist(world.ask('c', get('k')))).toBe('"3"');
});

test('the older of two boots of one identity stops without retiring the identity', () => {
  const world = threeTabs();
  const old = world.tab('c');
  const { radiant, connection } = old;
  const seen = { ...old, name: 'twin', radiant, connection, links: new Map(), outcomes: new Map() };
  world.tabs.set('twin', seen);
  world.run(600);
  world.reopen('c');
  world.link('c', 'a');
  world.run(600);
  world.link('twin', 'a');
  world.until(() => world.tab('twin').halted !== undefined);
  expect(world.tab('twin').halted?.code).toBe('IDENTITY_TAKEN');
  world.run(1_000);
  expect(world.tab('c').halted).toBeUndefined();
});

test('a rolled-back disk is detected even if a new member met its radiant first', () => {
  const world = threeTabs();
  world.ask('a', put('k', '1'));
  const copy = world.tab('c').disk.copy();
  for (let at = 2; at < 6; at++) world.ask('a', put('k', `${at}`));
  world.run(1_000);
  world.open('late');
  const consensusFrames = rollBack(world, world.tab('c'), copy, 'late');
  world.until(() => order(world.tab('late')) !== undefined);
  world.link('late', 'a');
  world.link('late', 'b');
  world.run(1_000);
  world.link('c', 'a');
  world.link('c', 'b');
  world.until(() => world.tab('c').halted !== undefined);
  expect(world.tab('c').halted?.code).toBe('STORAGE_LOST');
  expect(consensusFrames()).toBe(0);
});
