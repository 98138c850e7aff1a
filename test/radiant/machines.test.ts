import { expect, test } from 'vitest';
import type { Call, CallOutcome } from '../../src/client/contract.ts';
import type { Frame } from '../../src/wire/frames/frame.ts';
import { tickets } from '../ticket-queue.ts';
import { bytes, put, type SmallWorld, type Tab, threeTabs } from './small-world.ts';

const KEY = bytes('desk/1');
const WITH_TICKETS = { machines: [tickets] };

function command(value: object): Call {
  const operation = { kind: 'machine', machine: 'tickets', key: KEY, value: bytes(JSON.stringify(value)) } as const;
  return { kind: 'write', operation };
}

const take = (person: string) => command({ kind: 'take', person });
const length: Call = {
  kind: 'get',
  key: KEY,
  question: { machine: 'tickets', value: bytes(JSON.stringify({ kind: 'length' })) },
};

/** The reply of a machine, the code of an error, or else the kind of the outcome. */
function gist(outcome: CallOutcome | undefined): unknown {
  const text = (reply: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(reply));
  if (outcome?.kind === 'written' && outcome.reply !== undefined) return text(outcome.reply);
  if (outcome?.kind === 'machine-reply') return text(outcome.reply);
  return outcome?.kind === 'failed' ? outcome.error.code : outcome?.kind;
}

function followerOf(world: SmallWorld): Tab {
  const tab = [...world.tabs.values()].find((candidate) => candidate !== world.herald());
  if (tab === undefined) throw new Error('there is a follower');
  return tab;
}

test('a command whose reply is lost takes effect once and gets that reply, also from the next herald', () => {
  const world = threeTabs('raft', 1, WITH_TICKETS);
  const tab = followerOf(world);
  expect(gist(world.ask(tab.name, take('Ann')))).toMatchObject({ number: 1 });
  world.loses = (_, to, { body }: Frame) => to === tab && body.kind === 'reply';
  const call = world.call(tab.name, take('Bob'));
  world.run(100);
  const herald = world.herald();
  if (herald === undefined) throw new Error('a tab leads');
  world.kill(herald.name);
  world.loses = undefined;
  world.until(() => tab.outcomes.has(call));
  expect(gist(tab.outcomes.get(call))).toEqual({ number: 2, person: 'Bob' });
  expect(gist(world.ask(tab.name, length))).toBe(2);
  expect(gist(world.ask(tab.name, command({ kind: 'leave', number: 7 })))).toBe('COMMAND_REFUSED');
});

test('a machine continues from the checkpoint of a reopened tab', () => {
  const world = threeTabs('raft', 1, { ...WITH_TICKETS, checkpointLogBytes: 1_000 });
  const tab = followerOf(world);
  for (let count = 1; count <= 30; count++) world.ask(tab.name, take(`person ${count}`));
  for (const name of world.tabs.keys()) world.kill(name);
  for (const name of world.tabs.keys()) world.reopen(name);
  world.linkAll(...world.tabs.keys());
  expect(gist(world.ask(tab.name, take('Cid'), 60_000))).toEqual({ number: 31, person: 'Cid' });
});

test('a herald without the machine refuses commands and questions before they reach its log', () => {
  const world = threeTabs();
  const tab = followerOf(world);
  world.ask(tab.name, put('k', 'v'));
  expect(gist(world.ask(tab.name, take('Ann')))).toBe('UNKNOWN_MACHINE');
  expect(gist(world.ask(tab.name, length))).toBe('UNKNOWN_MACHINE');
  expect([...world.tabs.values()].map(({ halted }) => halted)).toEqual([undefined, undefined, undefined]);
  expect(gist(world.ask(tab.name, put('k', 'w')))).toBe('written');
});

test('a replica without the machine stops at the first command, and continues once it has the code', () => {
  const world = threeTabs('raft', 1, WITH_TICKETS);
  const tab = followerOf(world);
  world.kill(tab.name);
  world.machines = [];
  world.reopen(tab.name);
  for (const name of world.tabs.keys()) if (name !== tab.name) world.link(tab.name, name);
  const herald = world.herald();
  if (herald === undefined) throw new Error('a tab leads');
  expect(gist(world.ask(herald.name, put('k', 'v')))).toBe('written');
  world.run(1_000);
  expect(tab.halted).toBeUndefined();
  expect(gist(world.ask(herald.name, take('Ann')))).toMatchObject({ number: 1 });
  world.until(() => tab.halted !== undefined);
  expect(tab.halted?.code).toBe('STORAGE_TOO_NEW');
  expect(tab.halted?.message).toContain('"tickets"');
  world.kill(tab.name);
  world.machines = [tickets];
  world.reopen(tab.name);
  for (const name of world.tabs.keys()) if (name !== tab.name) world.link(tab.name, name);
  world.run(2_000);
  expect(tab.halted).toBeUndefined();
  expect(gist(world.ask(tab.name, take('Bob')))).toMatchObject({ number: 2 });
});
