/** Replicas that answer watchers (design, rule 17). */
import { expect, test } from 'vitest';
import type { CallNumber } from '../../src/client/contract.ts';
import type { Answer, Changes, Frame, Watch } from '../../src/wire/frames/frame.ts';
import { asLogIndex, asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { change as changeMembers, tabsOfScriptedOrder } from './members.ts';
import { put, type SmallWorld, type Tab, threeTabs } from './small-world.ts';

function watch(position: { readonly epoch: number; readonly index: number }, waits = true): Watch {
  const ranges = [
    {
      first: asSlot(0),
      last: asSlot(SLOT_COUNT - 1),
      position: { epoch: position.epoch, index: asLogIndex(position.index) },
    },
  ];
  return { kind: 'watch', ranges, from: undefined, to: undefined, limit: 256, waits };
}

function changesOf({ outcomes }: Tab, call: CallNumber): Changes | undefined {
  const outcome = outcomes.get(call);
  if (outcome === undefined || outcome.kind === 'changes') return outcome;
  throw new Error(JSON.stringify(outcome));
}

/** Position after everything that was written so far. */
function now(world: SmallWorld, tab: Tab): { readonly epoch: number; readonly index: number } {
  const outcome = world.ask(tab.name, watch({ epoch: 1, index: 0 }, false));
  if (outcome.kind !== 'changes' || outcome.ranges[0] === undefined) throw new Error(outcome.kind);
  return outcome.ranges[0].position;
}

function heraldAndFollower(world: SmallWorld): readonly [Tab, Tab] {
  const herald = world.herald();
  const follower = [...world.tabs.values()].find((tab) => tab !== herald);
  if (herald === undefined || follower === undefined) throw new Error('tabs');
  return [herald, follower];
}

test('a follower answers the watches of its tab from its own state, and the herald hears nothing of them', () => {
  const world = threeTabs();
  const [herald, follower] = heraldAndFollower(world);
  world.ask(herald.name, put('k', '0'));
  world.run(500);
  const requests: Frame[] = [];
  world.loses = (from, _, frame) => {
    if (from === follower && frame.body.kind === 'request') requests.push(frame);
    return false;
  };
  const calls = Array.from({ length: 20 }, () => world.call(follower.name, watch({ epoch: 1, index: 0 })));
  const position = now(world, follower);
  const waiting = world.call(follower.name, watch(position));
  world.run(500);
  expect(calls.map((call) => changesOf(follower, call)?.changes.length)).toEqual(calls.map(() => 1));
  expect(changesOf(follower, waiting)).toBe(undefined);
  world.ask(herald.name, put('k', '1'));
  world.until(() => follower.outcomes.has(waiting));
  expect(changesOf(follower, waiting)?.changes).toHaveLength(1);
  expect(requests).toEqual([]);
});

test('a change leaves in the same step in which the replica applies it', () => {
  const world = threeTabs();
  const [herald] = heraldAndFollower(world);
  const waiting = world.call(herald.name, watch(now(world, herald)));
  const write = world.call(herald.name, put('k', '1'));
  const settled: CallNumber[] = [];
  world.until(() => {
    for (const call of [waiting, write]) if (herald.outcomes.has(call) && !settled.includes(call)) settled.push(call);
    return settled.length > 0;
  });
  expect(settled).toContain(waiting);
});

test('a question without a change is answered after a while, with the position that the replica has reached', () => {
  const world = threeTabs();
  const [herald, follower] = heraldAndFollower(world);
  const position = now(world, follower);
  const askedMs = world.nowMs;
  const bounds = { from: new TextEncoder().encode('x'), to: undefined };
  const call = world.call(follower.name, { ...watch(position), ...bounds });
  world.ask(herald.name, put('k', '1'));
  world.until(() => follower.outcomes.has(call));
  expect(world.nowMs - askedMs).toBeGreaterThanOrEqual(TIMES.client.watchWaitMs);
  const answer = changesOf(follower, call);
  expect(answer?.changes).toEqual([]);
  expect(answer?.ranges[0]?.position.index).toBeGreaterThan(position.index);
});

test('a watch continues at another replica when the tab of its herald closes', () => {
  const world = threeTabs();
  const [herald, follower] = heraldAndFollower(world);
  const call = world.call(follower.name, watch(now(world, follower)));
  world.kill(herald.name);
  world.ask(follower.name, put('k', '1'));
  world.until(() => follower.outcomes.has(call));
  let answer = changesOf(follower, call);
  // The question may have waited long enough during the election.
  if (answer?.changes.length === 0) {
    const again = world.ask(follower.name, watch(answer.ranges[0]?.position ?? { epoch: 1, index: 0 }));
    answer = again.kind === 'changes' ? again : undefined;
  }
  expect(answer?.changes).toHaveLength(1);
});

test('a sole voter shows a change only when its companion has flushed it', () => {
  const world = tabsOfScriptedOrder();
  world.open('client');
  for (const name of ['a', 'b', 'c']) world.link('client', name);
  world.run(1_000);
  changeMembers(world, ['a'], ['b', 'c']);
  world.ask('client', put('k', '0'));
  const client = world.tab('client');
  world.run(2_000);
  const call = world.call('client', watch(now(world, client)));
  const flushing = new Set(['b', 'c']);
  world.flushMs = ({ name }) => (flushing.has(name) ? 400 : 1);
  world.call('client', put('k', '1'));
  world.run(300);
  expect(changesOf(client, call)).toBe(undefined);
  world.run(300);
  expect(changesOf(client, call)?.changes).toHaveLength(1);
});

test('a replica keeps a bounded number of questions, and refuses those of the client with the most', () => {
  const world = threeTabs();
  const [, follower] = heraldAndFollower(world);
  const refused: Answer[] = [];
  world.observes = (tab, effect) => {
    if (tab !== follower || effect.kind !== 'reply') return;
    if (effect.reply.answer.kind === 'refusal') refused.push(effect.reply.answer);
  };
  const position = now(world, follower);
  const count = LIMITS.watches.waitingQuestions + 5;
  for (let asked = 0; asked < count; asked++) world.call(follower.name, watch(position));
  world.run(20);
  expect(refused).toHaveLength(5);
  expect(refused[0]).toMatchObject({ code: 'OVERLOADED', withoutEffect: true });
});
