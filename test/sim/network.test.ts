import { expect, test } from 'vitest';
import type { Endpoint } from '../../src/sim/network/endpoint.ts';
import { UNRELIABLE } from '../../src/sim/network/conditions.ts';
import { SimulatedNetwork } from '../../src/sim/network/network.ts';
import { Random } from '../../src/sim/random.ts';
import { Timeline } from '../../src/sim/timeline.ts';
import { Trace } from '../../src/sim/trace.ts';
import type { TransportEvent } from '../../src/transport/contract.ts';
import { encodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { asReplicaId, type BootId, type LinkId, type RadiantId, idFromBytes } from '../../src/wire/identifiers.ts';
import { encodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { EMPTY_RAFT_MESSAGE, type RaftMessageType } from '../../src/wire/raft/message.ts';

class Listener implements Endpoint {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly events: TransportEvent[] = [];
  readonly name: string;
  readonly place: string;

  constructor(name: string, random: Random) {
    this.name = this.place = name;
    this.radiant = idFromBytes(random.bytes(16));
    this.boot = idFromBytes(random.bytes(16));
  }

  cluster(): undefined {
    return undefined;
  }

  deliver(event: TransportEvent): void {
    this.events.push(event);
  }

  get link(): LinkId {
    const opened = this.events.findLast((event) => event.kind === 'link-opened');
    if (opened === undefined) throw new Error(`${this.name} has no link`);
    return opened.link;
  }

  get frames(): number[] {
    return this.events.flatMap((event) => (event.kind === 'frame' ? [event.bytes[0] ?? -1] : []));
  }

  get arrived(): number {
    return this.events.filter((event) => event.kind === 'frame').length;
  }

  get closings(): string[] {
    return this.events.flatMap((event) => (event.kind === 'link-closed' ? [event.reason] : []));
  }
}

function linkedPair(seed: number): { timeline: Timeline; network: SimulatedNetwork; one: Listener; other: Listener } {
  const timeline = new Timeline();
  const random = new Random(seed);
  const network = new SimulatedNetwork(timeline, random, new Trace(() => timeline.nowMs));
  const one = new Listener('one', random);
  const other = new Listener('other', random);
  network.attach(one);
  network.attach(other);
  timeline.runUntil(1_000);
  return { timeline, network, one, other };
}

function sendMany(network: SimulatedNetwork, from: Listener, count: number): number[] {
  const numbers = Array.from({ length: count }, (_, number) => number);
  for (const number of numbers) network.send(from, from.link, Uint8Array.of(number), 'bulk');
  return numbers;
}

function frameOf(from: Listener, to: Listener, type: RaftMessageType): Uint8Array {
  const [one, two] = [asReplicaId(1), asReplicaId(2)];
  return encodeFrame({
    cluster: undefined,
    sender: from.radiant,
    senderBoot: from.boot,
    receiver: to.radiant,
    receiverBoot: to.boot,
    group: undefined,
    hopLimit: 0,
    urgent: true,
    body: {
      kind: 'consensus',
      from: one,
      to: two,
      flushed: { voteEpoch: 0, index: 0, committedIndex: 0 },
      message: encodeRaftMessage({ ...EMPTY_RAFT_MESSAGE, type, from: one, to: two }),
    },
  });
}

test('radiants find each other, and frames of one urgency arrive whole and in order', () => {
  const { timeline, network, one, other } = linkedPair(1);
  network.conditions = { ...network.conditions, latencyMs: [1, 100] };
  const sent = sendMany(network, one, 50);
  timeline.runUntil(2_000);
  expect(other.frames).toEqual(sent);
  expect(one.frames).toEqual([]);
});

test('loss, duplication and reordering follow the conditions', () => {
  const { timeline, network, one, other } = linkedPair(2);
  network.conditions = { latencyMs: [1, 2], loss: 0.2, duplication: 0.2, reordering: 0.5, reorderedByMs: [0, 50] };
  const sent = sendMany(network, one, 200);
  timeline.runUntil(2_000);
  expect(new Set(other.frames).size).toBeLessThan(sent.length);
  expect(other.frames.length).toBeGreaterThan(new Set(other.frames).size);
  expect(other.frames).not.toEqual(other.frames.toSorted((a, b) => a - b));
});

test('a one-way block stops one direction only, and held frames arrive when it ends', () => {
  const { timeline, network, one, other } = linkedPair(3);
  network.block('one', 'other', 'hold');
  const sent = sendMany(network, one, 5);
  const back = sendMany(network, other, 5);
  timeline.runUntil(2_000);
  expect(other.frames).toEqual([]);
  expect(one.frames).toEqual(back);
  network.unblockAll();
  timeline.runUntil(3_000);
  expect(other.frames).toEqual(sent);
});

test('a link closes seconds after its other end falls silent, and at once after a goodbye', () => {
  const { timeline, network, one, other } = linkedPair(4);
  network.detach(other, false);
  timeline.runUntil(4_000);
  expect(one.closings).toEqual([]);
  timeline.runUntil(7_000);
  expect(one.closings).toEqual(['silent']);
  network.attach(other);
  timeline.runUntil(9_000);
  network.detach(other, true);
  timeline.runUntil(9_100);
  expect(one.closings).toEqual(['silent', 'goodbye']);
});

test('each direction of a block is lifted on its own', () => {
  const { timeline, network, one, other } = linkedPair(5);
  network.block('one', 'other', 'hold');
  network.block('other', 'one', 'lose');
  const sent = sendMany(network, one, 5);
  sendMany(network, other, 5);
  network.unblock('one', 'other');
  timeline.runUntil(2_000);
  expect(other.frames).toEqual(sent);
  expect(one.frames).toEqual([]);
  expect(network.isBlocked('other', 'one')).toBe(true);
});

test('answers are subject to the conditions of answers', () => {
  const { timeline, network, one, other } = linkedPair(6);
  network.conditions = UNRELIABLE;
  const count = 600;
  for (let at = 0; at < count; at++) network.send(one, one.link, frameOf(one, other, 'heartbeat'), 'urgent');
  for (let at = 0; at < count; at++)
    network.send(other, other.link, frameOf(other, one, 'heartbeat-response'), 'urgent');
  timeline.runUntil(timeline.nowMs + 26);
  const [requests, repliesInTime] = [other.arrived, one.arrived];
  timeline.runUntil(timeline.nowMs + 2_200);
  const late = one.arrived - repliesInTime;
  expect(other.arrived).toBe(requests);
  expect(requests / count).toBeCloseTo(0.9, 1);
  expect((late + repliesInTime) / count).toBeCloseTo(0.9, 1);
  expect(late / (late + repliesInTime)).toBeCloseTo(2 / 3, 1);
});
