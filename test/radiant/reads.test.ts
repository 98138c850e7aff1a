import { expect, test } from 'vitest';
import { decodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { get, gist, put, threeTabs } from './small-world.ts';

test('many reads share few rounds with the other voters', () => {
  const world = threeTabs();
  const herald = world.herald();
  if (herald === undefined) throw new Error('a herald');
  world.ask(herald.name, put('k', 'v'));
  let consensusFrames = 0;
  world.observes = (tab, effect) => {
    if (tab !== herald || effect.kind !== 'send') return;
    if (decodeFrame(effect.bytes).body.kind === 'consensus') consensusFrames += 1;
  };
  const calls = Array.from({ length: 200 }, () => world.call(herald.name, get('k')));
  world.until(() => calls.every((call) => herald.outcomes.has(call)));
  for (const call of calls) expect(gist(herald.outcomes.get(call) ?? { kind: 'missing' })).toBe('"v"');
  expect(consensusFrames).toBeLessThan(40);
});

test('a herald that was cut off answers no read from its old state', () => {
  const world = threeTabs();
  const herald = world.herald();
  const other = [...world.tabs.values()].find((tab) => tab !== herald);
  if (herald === undefined || other === undefined) throw new Error('tabs');
  world.ask(herald.name, put('k', 'old'));
  world.loses = (from, to) => from === herald || to === herald;
  const early = world.call(herald.name, get('k'));
  expect(gist(world.ask(other.name, put('k', 'new')))).toBe('written');
  const late = world.call(herald.name, get('k'));
  world.run(1_500);
  expect(herald.outcomes.has(early)).toBe(false);
  world.loses = undefined;
  world.until(() => herald.outcomes.has(early) && herald.outcomes.has(late));
  expect(gist(herald.outcomes.get(early) ?? { kind: 'missing' })).toBe('"new"');
  expect(gist(herald.outcomes.get(late) ?? { kind: 'missing' })).toBe('"new"');
});
