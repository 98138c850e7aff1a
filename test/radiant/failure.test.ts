import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RadiantEffect } from '../../src/radiant/event.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frames/frame-codec.ts';
import type { Frame } from '../../src/wire/frames/frame.ts';
import { asLogIndex, asReplicaId, idFromBytes } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { decodeRaftMessage, encodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { ENTRY_SCHEMA_VERSION } from '../../src/wire/versions.ts';
import { get, gist, put, type SmallWorld, type Tab, threeTabs } from './small-world.ts';

function anyLink(tab: Tab) {
  const [link] = tab.links.keys();
  if (link === undefined) throw new Error('a link');
  return link;
}

function inject(world: SmallWorld, tab: Tab, bytes: Uint8Array, link = anyLink(tab)): void {
  world.event(tab.name, { kind: 'transport', event: { kind: 'frame', link, bytes } });
}

test('a radiant whose write fails halts and acknowledges nothing', () => {
  const world = threeTabs();
  const herald = world.herald();
  if (herald === undefined) throw new Error('a herald');
  world.ask(herald.name, put('k', 'before'));
  const after: RadiantEffect[] = [];
  world.observes = (tab, effect) => {
    if (tab === herald && herald.halted !== undefined) after.push(effect);
  };
  herald.disk.failNextWrite(new ShardbearerError('STORAGE_FAILED', 'the disk refused a write'));
  const call = world.call(herald.name, put('k', 'after'));
  world.until(() => herald.halted !== undefined);
  world.event(herald.name, { kind: 'tick' });
  expect(herald.halted?.code).toBe('STORAGE_FAILED');
  expect(herald.radiant.view().lifecycle).toBe('error');
  world.run(2_000);
  expect(after).toEqual([]);
  expect(herald.outcomes.get(call)).toBeUndefined();
  const other = [...world.tabs.values()].find((tab) => tab !== herald);
  expect(['"before"', '"after"']).toContain(gist(world.ask(other?.name ?? '', get('k'))));
});

test('malformed and mutated frames change only the count of refused frames', () => {
  const world = threeTabs();
  world.ask('a', put('k', 'v'));
  const frames: Uint8Array[] = [];
  world.observes = (_, effect) => {
    if (effect.kind === 'send' && frames.length < 200) frames.push(effect.bytes);
  };
  world.ask('b', put('k', 'w'));
  world.run(1_000);
  world.observes = () => undefined;
  const tab = world.tab('a');
  const memberKind = () => tab.radiant.view().orders[0]?.replica;
  const before = memberKind();
  const outcomes = tab.outcomes.size;
  const mutated = fc
    .tuple(fc.constantFrom(...frames), fc.nat(), fc.integer({ min: 1, max: 255 }))
    .map(([frame, at, by]) => {
      const copy = frame.slice();
      copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ by;
      return copy;
    });
  const cut = mutated.map((frame) => frame.subarray(0, frame.length / 2));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), cut, mutated), (bytes) => inject(world, tab, bytes)),
    { numRuns: 3_000, seed: 1 },
  );
  expect(memberKind()).toEqual(before);
  expect(tab.outcomes.size).toBe(outcomes);
  expect(tab.halted).toBeUndefined();
  expect(tab.radiant.view().refusedFrames['FRAME_MALFORMED']).toBe(3_000);
  inject(world, tab, new Uint8Array(LIMITS.messages.frameBytes + 1));
  expect(tab.radiant.view().refusedFrames['FRAME_TOO_LARGE']).toBe(1);
});

test('frames over an impossible route are refused', () => {
  const world = threeTabs();
  const tab = world.tab('a');
  const [link, end] = [...tab.links][0] ?? [];
  if (link === undefined || end === undefined) throw new Error('a link');
  const header: Omit<Frame, 'body'> = {
    cluster: tab.radiant.view().cluster,
    sender: end.other.id,
    senderBoot: end.other.connection.boot,
    receiver: tab.id,
    receiverBoot: undefined,
    group: undefined,
    hopLimit: LIMITS.messages.hops,
    urgent: false,
  };
  const stranger = new Uint8Array(16).fill(7);
  const bad: Partial<Frame>[] = [
    { senderBoot: idFromBytes(stranger) },
    { sender: idFromBytes(stranger) },
    { sender: tab.id },
    { receiverBoot: idFromBytes(stranger) },
  ];
  for (const part of bad) inject(world, tab, encodeFrame({ ...header, ...part, body: { kind: 'goodbye' } }), link);
  expect(tab.radiant.view().refusedFrames['FRAME_MISDIRECTED']).toBe(bad.length);
  inject(world, tab, encodeFrame({ ...header, cluster: idFromBytes(stranger), body: { kind: 'goodbye' } }), link);
  expect(tab.radiant.view().refusedFrames['FRAME_OF_OTHER_CLUSTER']).toBe(1);
  expect(tab.radiant.view().orders[0]?.members.every(({ reachable }) => reachable)).toBe(true);
});

test('a replica whose herald holds acknowledgements that it cannot have given is retired', () => {
  const world = threeTabs();
  world.ask('a', put('k', 'v'));
  const forgetful = [...world.tabs.values()].find((tab) => tab !== world.herald());
  if (forgetful === undefined) throw new Error('a follower');
  world.changes = (_, to, frame) => {
    if (to !== forgetful || frame.body.kind !== 'consensus') return frame;
    const raft = decodeRaftMessage(frame.body.message);
    if (raft.type !== 'heartbeat') return frame;
    const message = encodeRaftMessage({ ...raft, commit: asLogIndex(raft.commit + 100) });
    return { ...frame, body: { ...frame.body, message } };
  };
  world.until(() => forgetful.halted !== undefined);
  expect(forgetful.halted?.code).toBe('STORAGE_LOST');
  const other = [...world.tabs.values()].find((tab) => tab !== forgetful);
  expect(gist(world.ask(other?.name ?? '', get('k')))).toBe('"v"');
});

test('a consensus message counts only from the radiant of its replica', () => {
  const world = threeTabs();
  let taken: Frame | undefined;
  world.observes = (tab, effect) => {
    if (tab !== world.herald() || effect.kind !== 'send') return;
    const frame = decodeFrame(effect.bytes);
    if (frame.body.kind === 'consensus') taken = frame;
  };
  world.until(() => taken !== undefined);
  if (taken?.body.kind !== 'consensus') throw new Error('a consensus frame');
  const other = asReplicaId((taken.body.from % 3) + 1);
  const [receiver] = [...world.tabs.values()].filter(({ id }) => id === taken?.receiver);
  const before = receiver?.radiant.view().orders[0]?.replica;
  world.deliver({
    ...taken,
    body: { ...taken.body, from: other === taken.body.to ? asReplicaId((other % 3) + 1) : other },
  });
  expect(receiver?.radiant.view().orders[0]?.replica).toEqual(before);
});

test('an entry of a newer build stops the replica that would have to apply it, and no other', () => {
  const world = threeTabs();
  const herald = world.herald();
  const old = [...world.tabs.values()].find((tab) => tab !== herald);
  if (herald === undefined || old === undefined) throw new Error('tabs');
  world.ask(herald.name, put('k', 'v'));
  let changed = 0;
  world.changes = (_, to, frame) => {
    if (to !== old || frame.body.kind !== 'consensus') return frame;
    const raft = decodeRaftMessage(frame.body.message);
    const entries = raft.entries.map((entry) => ({ ...entry, payload: newer(entry.payload) }));
    changed += entries.length;
    return { ...frame, body: { ...frame.body, message: encodeRaftMessage({ ...raft, entries }) } };
  };
  expect(gist(world.ask(herald.name, put('k', 'w')))).toBe('written');
  world.until(() => old.halted !== undefined);
  expect(changed).toBeGreaterThan(0);
  expect(old.halted?.code).toBe('STORAGE_TOO_NEW');
  expect(old.radiant.view().orders[0]?.replica?.lifecycle).toBe('error');
  expect(gist(world.ask(herald.name, get('k')))).toBe('"w"');
});

/** The entry as a build with the next schema version would write it. Its second byte is the version. */
function newer(entry: Uint8Array): Uint8Array {
  return entry.length === 0 ? entry : entry.with(1, ENTRY_SCHEMA_VERSION + 1);
}
