import { expect, test } from 'vitest';
import type { CallNumber } from '../../src/client/contract.ts';
import type { Frame } from '../../src/wire/frames/frame.ts';
import { append, get, gist, type SmallWorld, type Tab, threeTabs } from './small-world.ts';

const isReply = ({ body }: Frame) => body.kind === 'reply';

function follower(world: SmallWorld): Tab {
  const tab = [...world.tabs.values()].find((candidate) => candidate !== world.herald());
  if (tab === undefined) throw new Error('there is a follower');
  return tab;
}

function valueOf(world: SmallWorld, name: string): string {
  return gist(world.ask(name, get('k')));
}

test('a command whose answers are lost takes effect once', () => {
  const world = threeTabs();
  const tab = follower(world);
  expect(gist(world.ask(tab.name, append('k', 'a')))).toBe('written');
  world.loses = (_, to, frame) => to === tab && isReply(frame);
  const call = world.call(tab.name, append('k', 'b'));
  world.run(1_700);
  expect(tab.outcomes.has(call)).toBe(false);
  world.loses = undefined;
  world.until(() => tab.outcomes.has(call));
  expect(tab.outcomes.get(call)?.kind).toBe('written');
  expect(valueOf(world, tab.name)).toBe('"ab"');
});

test('a command takes effect once across a change of the herald', () => {
  const world = threeTabs();
  const tab = follower(world);
  expect(gist(world.ask(tab.name, append('k', 'a')))).toBe('written');
  world.loses = (_, to, frame) => to === tab && isReply(frame);
  const call = world.call(tab.name, append('k', 'b'));
  world.run(100);
  const herald = world.herald();
  if (herald === undefined) throw new Error('a herald');
  world.kill(herald.name);
  world.loses = undefined;
  world.until(() => tab.outcomes.has(call));
  expect(tab.outcomes.get(call)?.kind).toBe('written');
  expect(valueOf(world, tab.name)).toBe('"ab"');
});

test('an abandoned command does not take effect after a later one', () => {
  const world = threeTabs();
  const tab = follower(world);
  expect(gist(world.ask(tab.name, append('k', 'a')))).toBe('written');
  const late: Frame[] = [];
  world.loses = (from, _, frame) => {
    const isRequest = from === tab && frame.body.kind === 'request';
    if (isRequest) late.push(frame);
    return isRequest;
  };
  const call = world.call(tab.name, append('k', 'late'));
  world.until(() => tab.outcomes.has(call));
  expect(gist(tab.outcomes.get(call) ?? { kind: 'missing' })).toBe('OUTCOME_UNKNOWN');
  world.loses = undefined;
  expect(gist(world.ask(tab.name, append('k', 'b')))).toBe('written');
  for (const frame of late) world.deliver(frame);
  world.run(500);
  expect(valueOf(world, tab.name)).toBe('"ab"');
});

test('pipelined calls on one key take effect in order although messages are lost', () => {
  const world = threeTabs();
  const tab = follower(world);
  let count = 0;
  world.loses = (_, __, { body }) => {
    if (body.kind !== 'request' && body.kind !== 'reply') return false;
    count += 1;
    return count % 3 === 0;
  };
  const letters = Array.from('abcdefgh');
  const calls = letters.map((letter) => world.call(tab.name, append('k', letter)));
  const read = world.call(tab.name, get('k'));
  world.until(() => [...calls, read].every((call: CallNumber) => tab.outcomes.has(call)), 60_000);
  expect(calls.map((call) => tab.outcomes.get(call)?.kind)).toEqual(letters.map(() => 'written'));
  expect(gist(tab.outcomes.get(read) ?? { kind: 'missing' })).toBe('"abcdefgh"');
});

test('frames that arrive twice change nothing', () => {
  const world = threeTabs();
  const tab = follower(world);
  world.duplicates = () => true;
  for (const letter of 'abcd') expect(gist(world.ask(tab.name, append('k', letter)))).toBe('written');
  expect(valueOf(world, tab.name)).toBe('"abcd"');
});
