import { expect, test } from 'vitest';
import type { CallNumber } from '../../src/client/contract.ts';
import type { Frame } from '../../src/wire/frames/frame.ts';
import { TIMES } from '../../src/wire/times.ts';
import { areMembers, change, learnersOf, orderOf, tabsOfScriptedOrder, target, votersOf } from './members.ts';
import type { ScriptedWorld } from './scripted-world.ts';
import { append, get, gist, put, type SmallWorld, type Tab } from './small-world.ts';

/** The name of the companion, in the view of a tab's replica. */
function companionOf(world: SmallWorld, name: string): string | undefined {
  const order = orderOf(world.tab(name));
  const member = order?.members.find(({ replica }) => replica === order.replica?.companion);
  return [...world.tabs.values()].find(({ id }) => id === member?.radiant)?.name;
}

/** A scripted order whose only voter is a, with the given learners. The client has its own tab. */
function soleVoter(...learners: readonly string[]): ScriptedWorld {
  const world = tabsOfScriptedOrder();
  world.open('client');
  for (const name of ['a', 'b', 'c']) world.link('client', name);
  world.run(1_000);
  change(world, ['a'], learners);
  expect(gist(world.ask('client', put('k', '0')))).toBe('written');
  return world;
}

function gistOf(world: SmallWorld, call: CallNumber): string {
  const outcome = world.tab('client').outcomes.get(call);
  return outcome === undefined ? 'open' : gist(outcome);
}

function applied(world: SmallWorld, name: string): number {
  return orderOf(world.tab(name))?.replica?.applied ?? 0;
}

/**
 * Whether the frame is a consensus message from b to a. If such messages are lost, b flushes but a does not learn of
 * it.
 */
const isFromB = (from: Tab, to: Tab, { body }: Frame) =>
  from.name === 'b' && to.name === 'a' && body.kind === 'consensus';

test('a sole voter answers a write only when its companion has also flushed the write', () => {
  const world = soleVoter('b');
  expect(companionOf(world, 'a')).toBe('b');
  world.flushMs = ({ name }) => (name === 'b' ? 400 : 1);
  const before = applied(world, 'a');
  const call = world.call('client', put('k', '1'));
  world.run(300);
  expect(applied(world, 'a')).toBeGreaterThan(before);
  expect(gistOf(world, call)).toBe('open');
  world.run(200);
  expect(gistOf(world, call)).toBe('written');
});

test('a read waits only if it would show a write that the companion has not flushed', () => {
  const world = soleVoter('b');
  world.flushMs = ({ name }) => (name === 'b' ? 400 : 1);
  world.run(1_000);
  const idle = world.call('client', get('k'));
  world.run(50);
  expect(gistOf(world, idle)).toBe('"0"');
  world.call('client', put('k', '1'));
  world.run(50);
  const read = world.call('client', get('k'));
  world.run(200);
  expect(gistOf(world, read)).toBe('open');
  world.run(300);
  expect(gistOf(world, read)).toBe('"1"');
});

test('requests that wait for the companion are answered in order, and repeated ones take effect once', () => {
  const world = soleVoter('b');
  world.loses = isFromB;
  const calls = ['1', '2', '3'].map((token) => world.call('client', append('log', token)));
  // The time is longer than a client waits before it repeats a call, and shorter than the herald waits for its
  // companion.
  world.run(TIMES.client.requestRetryMs + 300);
  expect(calls.map((call) => gistOf(world, call))).toEqual(['open', 'open', 'open']);
  world.loses = undefined;
  world.run(300);
  expect(calls.map((call) => gistOf(world, call))).toEqual(['written', 'written', 'written']);
  expect(gist(world.ask('client', get('log')))).toBe('"123"');
});

test('a silent companion is dismissed, and its dismissal is committed and shown before any answer', () => {
  const world = soleVoter('b');
  world.kill('b');
  const call = world.call('client', put('k', '1'));
  world.run(TIMES.liveness.neighbourSilenceMs - 500);
  expect([companionOf(world, 'a'), gistOf(world, call)]).toEqual(['b', 'open']);
  world.until(() => gistOf(world, call) !== 'open', 3_000);
  expect([companionOf(world, 'a'), gistOf(world, call)]).toEqual([undefined, 'written']);
  world.reopen('b');
  for (const name of ['a', 'client']) world.link('b', name);
  world.until(() => companionOf(world, 'a') === 'b', 3_000);
});

test('a companion that says goodbye is dismissed at once', () => {
  const world = soleVoter('b');
  world.unlink('b', 'a', 'goodbye');
  world.kill('b');
  const call = world.call('client', put('k', '1'));
  world.run(3 * TIMES.raft.tickMs);
  expect([companionOf(world, 'a'), gistOf(world, call)]).toEqual([undefined, 'written']);
});

test('a companion whose disk hangs is dismissed, and becomes the companion again after its tab reopened', () => {
  const world = soleVoter('b');
  let flushMs = 60_000;
  world.flushMs = ({ name }) => (name === 'b' ? flushMs : 1);
  const call = world.call('client', put('k', '1'));
  world.run(TIMES.companion.companionFlushMs - 500);
  expect(gistOf(world, call)).toBe('open');
  world.run(1_000);
  expect([companionOf(world, 'a'), gistOf(world, call)]).toEqual([undefined, 'written']);
  world.run(2_000);
  expect(companionOf(world, 'a')).toBeUndefined();
  flushMs = 1;
  world.reopen('b');
  world.linkAll('b', 'a', 'client');
  world.until(() => companionOf(world, 'a') === 'b', 70_000);
});

test('another learner replaces a lost companion without a gap', () => {
  const world = soleVoter('b', 'c');
  expect(companionOf(world, 'a')).toBe('b');
  const companions = new Set<string | undefined>();
  world.observes = () => companions.add(companionOf(world, 'a'));
  world.kill('b');
  const call = world.call('client', put('k', '1'));
  world.until(() => gistOf(world, call) === 'written', 4_000);
  expect([...companions]).toEqual(['b', 'c']);
});

test('another learner replaces a leaving companion without a gap', () => {
  const world = soleVoter('b', 'c');
  const companions: (string | undefined)[] = [];
  world.observes = () => {
    const companion = companionOf(world, 'a');
    if (companion !== companions.at(-1)) companions.push(companion);
  };
  change(world, ['a'], ['c']);
  expect(companions).toEqual(['b', 'c']);
  target(world, ['a']);
  world.until(() => areMembers(world, ['a']));
  expect(companions).toEqual(['b', 'c', undefined]);
});

test('a sole voter that restarts knows its companion from its log', () => {
  const world = soleVoter('b');
  world.flushMs = ({ name }) => (name === 'b' ? 10_000 : 1);
  const unknown = world.call('client', put('k', '1'));
  world.run(100);
  world.kill('a');
  world.kill('b');
  world.reopen('a');
  world.link('a', 'client');
  world.until(() => orderOf(world.tab('a'))?.replica?.role === 'leader');
  expect(companionOf(world, 'a')).toBe('b');
  // The voter has flushed the write, but the companion was lost before it confirmed the write.
  const read = world.call('client', get('k'));
  world.until(() => gistOf(world, read) !== 'open');
  expect(companionOf(world, 'a')).toBeUndefined();
  expect(gistOf(world, read)).toBe('"1"');
  world.until(() => gistOf(world, unknown) !== 'open');
  expect(gistOf(world, unknown)).toBe('written');
});

test('one voter becomes three and one again, and never decides alone without a companion', () => {
  const world = soleVoter('b', 'c');
  const alone = new Set<string>();
  world.observes = (tab) => {
    const isAlone = votersOf(world, tab).join() === 'a' && orderOf(tab)?.replica?.role === 'leader';
    if (isAlone && companionOf(world, tab.name) === undefined) alone.add(tab.name);
  };
  let expected = '';
  for (const [voters, learners] of [
    [['a', 'b', 'c'], []],
    [['a'], ['b', 'c']],
    [['a', 'b', 'c'], []],
    [['a'], ['b']],
  ] as const) {
    target(world, voters, learners);
    for (let round = 0; !areMembers(world, voters, learners); round++) {
      const token = `${voters.length}.${round};`;
      expect(gist(world.ask('client', append('log', token)))).toBe('written');
      expected += token;
    }
    expect(companionOf(world, 'a') === undefined).toBe(voters.length > 1);
    expect(gist(world.ask('client', get('log')))).toBe(`"${expected}"`);
  }
  expect([...alone]).toEqual([]);
});

test('a companion that becomes the sole voter has the former voter as its companion at every moment', () => {
  const world = soleVoter('b');
  const alone = new Set<string>();
  world.observes = (tab) => {
    if (votersOf(world, tab).length !== 1 || orderOf(tab)?.replica?.role !== 'leader') return;
    alone.add(`${tab.name} with ${companionOf(world, tab.name)}`);
  };
  let expected = '';
  for (const [voter, learner] of [
    ['b', 'a'],
    ['a', 'b'],
  ] as const) {
    target(world, [voter], [learner]);
    for (let round = 0; !areMembers(world, [voter], [learner]); round++) {
      const token = `${voter}${round};`;
      expect(gist(world.ask('client', append('log', token)))).toBe('written');
      expected += token;
    }
  }
  expect(gist(world.ask('client', get('log')))).toBe(`"${expected}"`);
  expect([...alone]).toEqual(['a with b', 'b with a']);
});

test('a companion that becomes the only member shows the loss of its companion before it decides alone', () => {
  const world = soleVoter('b');
  const alone = new Set<string>();
  world.observes = (tab) => {
    if (votersOf(world, tab).length !== 1 || orderOf(tab)?.replica?.role !== 'leader') return;
    alone.add(`${tab.name} with ${companionOf(world, tab.name)}`);
  };
  change(world, ['b']);
  expect(gist(world.ask('client', get('k')))).toBe('"0"');
  expect([...alone]).toEqual(['a with b', 'b with undefined']);
});

/**
 * Appends without a pause until the condition holds.
 * @returns the longest time of an append, and all companions in turn
 */
function appendsUntil(world: SmallWorld, condition: () => boolean) {
  const startMs = world.nowMs;
  const companions: (string | undefined)[] = [companionOf(world, 'a')];
  world.observes = () => {
    const companion = companionOf(world, 'a');
    if (companion !== companions.at(-1)) companions.push(companion);
  };
  let expected = '';
  let longestMs = 0;
  for (let round = 0; !condition(); round++) {
    const beginsMs = world.nowMs;
    expect(beginsMs - startMs).toBeLessThan(20_000);
    expect(gist(world.ask('client', append('log', `${round};`)))).toBe('written');
    longestMs = Math.max(longestMs, world.nowMs - beginsMs);
    expected += `${round};`;
  }
  expect(gist(world.ask('client', get('log')))).toBe(`"${expected}"`);
  return { longestMs, companions, durationMs: world.nowMs - startMs };
}

test('a companion that leaves is dismissed first and removed then, so no answer waits for it', () => {
  const world = soleVoter('b');
  target(world, ['a']);
  const { longestMs, companions, durationMs } = appendsUntil(world, () => areMembers(world, ['a']));
  expect(companions).toEqual(['b', undefined]);
  expect(longestMs).toBeLessThan(100);
  expect(durationMs).toBeLessThan(500);
});

/** A world in which learner c is reachable but receives no consensus messages, so that it lags behind. */
function laggingLearner(): ScriptedWorld {
  const world = soleVoter('b', 'c');
  world.loses = (from, to, { body }) => from.name === 'a' && to.name === 'c' && body.kind === 'consensus';
  expect(gist(world.ask('client', put('k', '1')))).toBe('written');
  world.run(2 * TIMES.companion.companionLookMs);
  expect(companionOf(world, 'a')).toBe('b');
  return world;
}

test('a leaving companion stays until a lagging learner has caught up, and answers continue', () => {
  const world = laggingLearner();
  const healsMs = world.nowMs + TIMES.companion.companionFlushMs / 2;
  target(world, ['a'], ['c']);
  const { longestMs, companions } = appendsUntil(world, () => {
    if (world.nowMs >= healsMs) world.loses = undefined;
    return areMembers(world, ['a'], ['c']);
  });
  expect(companions).toEqual(['b', 'c']);
  expect(longestMs).toBeLessThan(100);
});

test('a leaving companion is dismissed after a while if the learner does not catch up, and answers continue', () => {
  const world = laggingLearner();
  target(world, ['a'], ['c']);
  const isOut = () => !learnersOf(world, world.tab('a')).includes('b');
  const { longestMs, companions, durationMs } = appendsUntil(world, isOut);
  expect(companions).toEqual(['b', undefined]);
  expect(longestMs).toBeLessThan(100);
  expect(durationMs).toBeLessThan(TIMES.companion.companionFlushMs + 500);
});

test('a leaving companion is replaced by a newcomer, and answers continue', () => {
  const world = soleVoter('b');
  target(world, ['a'], ['c']);
  const { longestMs, companions } = appendsUntil(world, () => areMembers(world, ['a'], ['c']));
  expect(companions).toEqual(['b', 'c']);
  expect(longestMs).toBeLessThan(100);
});

test('a companion leaves while others become voters, and answers continue', () => {
  const world = soleVoter('b');
  world.open('d');
  for (const name of ['a', 'b', 'c', 'client']) world.link('d', name);
  target(world, ['a', 'c', 'd']);
  const { longestMs, companions } = appendsUntil(world, () => areMembers(world, ['a', 'c', 'd']));
  expect(companions).toEqual(['b', expect.stringMatching(/^[cd]$/), undefined]);
  expect(longestMs).toBeLessThan(200);
});

test('voters are removed only when the companion has flushed every write that was answered without it', () => {
  const world = tabsOfScriptedOrder();
  world.open('client');
  for (const name of ['a', 'b', 'c']) world.link('client', name);
  world.run(1_000);
  const herald = world.herald()?.name ?? 'nobody';
  const [late = 'nobody'] = ['a', 'b', 'c'].filter((name) => name !== herald);
  world.flushMs = ({ name }) => (name === late ? 1_500 : 1);
  for (const token of ['1', '2', '3']) expect(gist(world.ask('client', append('log', token)))).toBe('written');
  const answered = applied(world, herald);
  target(world, [herald], [late]);
  const flushed = () => orderOf(world.tab(late))?.replica?.flushed.index ?? 0;
  world.until(() => votersOf(world, world.tab(herald)).length < 3);
  expect(companionOf(world, herald)).toBe(late);
  expect(flushed()).toBeGreaterThanOrEqual(answered);
});

test('a write that waits while the companion becomes a voter is answered only when others hold it', () => {
  const world = soleVoter('b', 'c');
  world.run(1_000);
  // Both learners are reachable but receive no entries. Voter a decides alone, and cannot make them voters.
  world.loses = (from, to, { body }) => from.name === 'a' && to.name !== 'client' && body.kind === 'consensus';
  const call = world.call('client', put('k', '1'));
  target(world, ['a', 'b', 'c']);
  world.run(TIMES.companion.companionFlushMs - 1_000);
  expect([companionOf(world, 'a'), gistOf(world, call)]).toEqual(['b', 'open']);
  world.loses = undefined;
  world.until(() => gistOf(world, call) === 'written', 2_000);
  world.until(() => areMembers(world, ['a', 'b', 'c']));
  world.kill('a');
  expect(gist(world.ask('client', get('k')))).toBe('"1"');
});
