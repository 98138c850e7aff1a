import { expect, test } from 'vitest';
import type { Neighbour } from '../../src/transport/contract.ts';
import { Link, type LinkEnd } from '../../src/transport/link.ts';
import type { Greeting } from '../../src/wire/links/greeting.ts';
import { type BootId, type ClusterId, parseId, type RadiantId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { encodeControlMessage } from '../../src/wire/links/control-message.ts';
import { ManualScheduler } from './manual-scheduler.ts';
import { MemoryChannel } from './memory-channel.ts';

const anna = parseId<RadiantId>('a'.repeat(32));
const bert = parseId<RadiantId>('b'.repeat(32));
const cluster = (digit: string) => parseId<ClusterId>(digit.repeat(32));

const greeting = (radiant: RadiantId, changes: Partial<Greeting> = {}): Greeting => ({
  versionMinimum: 1,
  versionMaximum: 1,
  cluster: undefined,
  radiant,
  boot: parseId<BootId>('0'.repeat(32)),
  build: 'test',
  ...changes,
});

class End {
  readonly opened: Neighbour[] = [];
  readonly frames: Uint8Array[] = [];
  readonly roundTrips: number[] = [];
  readonly ended: LinkEnd[] = [];
  readonly link: Link;

  constructor(
    readonly channel: MemoryChannel,
    scheduler: ManualScheduler,
    own: Greeting,
    expected: RadiantId,
  ) {
    this.link = new Link({
      channel,
      scheduler,
      greeting: () => own,
      expected,
      listener: {
        opened: (neighbour) => {
          this.opened.push(neighbour);
          return {
            frame: (bytes) => this.frames.push(bytes),
            roundTrip: (milliseconds) => this.roundTrips.push(milliseconds),
          };
        },
        ended: (end) => this.ended.push(end),
      },
    });
  }
}

class World {
  readonly scheduler = new ManualScheduler();
  readonly anna: End;
  readonly bert: End;

  constructor(changes: { anna?: Partial<Greeting>; bert?: Partial<Greeting>; annaExpects?: RadiantId } = {}) {
    const [left, right] = MemoryChannel.pair();
    this.anna = new End(left, this.scheduler, greeting(anna, changes.anna), changes.annaExpects ?? bert);
    this.bert = new End(right, this.scheduler, greeting(bert, changes.bert), anna);
  }

  /** Delivers the messages in both directions until none is left. */
  settle(): this {
    while (this.anna.channel.deliver() + this.bert.channel.deliver() > 0);
    return this;
  }

  open(): this {
    this.anna.channel.open();
    this.bert.channel.open();
    return this.settle();
  }
}

const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, at) => (at * 31 + seed) & 0xff);

test('after the greetings a link is open and knows the radiant at the other end', () => {
  const world = new World({ bert: { cluster: cluster('c') } }).open();
  expect(world.anna.opened).toEqual([{ radiant: bert, boot: '0'.repeat(32), cluster: 'c'.repeat(32) }]);
  expect(world.bert.opened).toEqual([{ radiant: anna, boot: '0'.repeat(32), cluster: undefined }]);
});

test('a frame sent when a link opens arrives after the other end has opened, too', () => {
  for (const first of ['anna', 'bert'] as const) {
    const world = new World();
    const one = world[first];
    const other = first === 'anna' ? world.bert : world.anna;
    one.channel.open();
    while (one.opened.length === 0) {
      one.channel.deliver(1);
      other.channel.deliver(1);
    }
    one.link.send(bytes(3, 1), 'bulk');
    world.settle();
    expect(other.opened).toHaveLength(1);
    expect(other.frames).toEqual([bytes(3, 1)]);
  }
});

test('radiants of different clusters reject each other before any frame', () => {
  const world = new World({ anna: { cluster: cluster('1') }, bert: { cluster: cluster('2') } }).open();
  for (const end of [world.anna, world.bert]) {
    expect(end.opened).toEqual([]);
    expect(end.ended).toMatchObject([{ reason: 'failed', error: { code: 'FRAME_OF_OTHER_CLUSTER' } }]);
  }
});

test('builds without a common version reject each other', () => {
  const world = new World({ anna: { versionMinimum: 2, versionMaximum: 3 } }).open();
  for (const end of [world.anna, world.bert]) {
    expect(end.ended).toMatchObject([{ reason: 'failed', error: { code: 'VERSION_UNSUPPORTED' } }]);
  }
});

test('a radiant other than the dialled one is rejected', () => {
  const world = new World({ annaExpects: parseId<RadiantId>('d'.repeat(32)) }).open();
  expect(world.anna.ended).toMatchObject([{ reason: 'failed', error: { code: 'LINK_FAILED' } }]);
  expect(world.bert.opened).toEqual([]);
});

test('a link that does not open in time fails', () => {
  const world = new World();
  world.anna.channel.open();
  world.scheduler.advance(TIMES.links.linkOpenMs);
  expect(world.anna.ended).toMatchObject([{ reason: 'failed', error: { code: 'LINK_FAILED' } }]);
});

test('frames from 1 B to the limit arrive whole and in order within the buffer bound', () => {
  const world = new World().open();
  const sizes = [1, 100, LIMITS.links.chunkBytes, 70_000, 1_048_576, LIMITS.messages.frameBytes, 2];
  for (const [seed, size] of sizes.entries()) world.anna.link.send(bytes(size, seed), 'bulk');
  world.settle();
  expect(world.bert.frames.map((frame) => frame.length)).toEqual(sizes);
  for (const [seed, frame] of world.bert.frames.entries()) {
    expect(Buffer.compare(frame, bytes(sizes[seed] ?? 0, seed))).toBe(0);
  }
  expect(world.anna.channel.largestBufferedAmount).toBeLessThanOrEqual(LIMITS.links.linkBufferedBytes);
});

test('an urgent frame overtakes a bulk frame in flight', () => {
  const world = new World().open();
  world.anna.link.send(bytes(1_000_000, 1), 'bulk');
  world.anna.channel.deliver(2);
  world.anna.link.send(bytes(10, 2), 'urgent');
  const chunksInTheBuffer = LIMITS.links.linkBufferedBytes / LIMITS.links.chunkBytes;
  world.anna.channel.deliver(chunksInTheBuffer + 1);
  expect(world.bert.frames).toEqual([bytes(10, 2)]);
  world.settle();
  expect(world.bert.frames.map((frame) => frame.length)).toEqual([10, 1_000_000]);
});

test('round trips are measured by pings', () => {
  const world = new World().open();
  expect(world.anna.roundTrips).toEqual([0]);
  world.scheduler.advance(TIMES.links.linkPingMs);
  world.anna.channel.deliver();
  world.scheduler.advance(40);
  world.bert.channel.deliver();
  expect(world.anna.roundTrips).toEqual([0, 40]);
});

test('a silent end ends the link, an end that answers pings does not', () => {
  const world = new World().open();
  for (let second = 0; second < 30; second++) {
    world.scheduler.advance(TIMES.links.linkPingMs);
    world.settle();
  }
  expect(world.anna.ended).toEqual([]);
  world.bert.channel.severed = true;
  for (let second = 0; second < 6; second++) {
    world.scheduler.advance(TIMES.links.linkPingMs);
    world.settle();
  }
  expect(world.anna.ended).toMatchObject([{ reason: 'silent', error: { code: 'LINK_FAILED' } }]);
});

test('an end that was frozen keeps its links', () => {
  const world = new World().open();
  world.scheduler.sleep(10 * TIMES.links.linkSilenceMs);
  world.settle();
  world.scheduler.advance(2 * TIMES.links.linkPingMs);
  expect(world.anna.ended).toEqual([]);
  expect(world.bert.ended).toEqual([]);
});

test('a goodbye overtakes queued frames, and nothing follows it', () => {
  const world = new World().open();
  world.bert.link.send(bytes(2_000_000, 1), 'bulk');
  world.bert.link.leave();
  world.settle();
  expect(world.anna.ended).toEqual([{ reason: 'goodbye', error: undefined }]);
  expect(world.anna.frames).toEqual([]);
  expect(world.bert.ended).toEqual([]);
});

test('a channel that closes fails its link', () => {
  const world = new World().open();
  world.bert.link.close();
  world.settle();
  expect(world.anna.ended).toMatchObject([{ reason: 'failed', error: { code: 'LINK_FAILED' } }]);
});

test('a malformed, repeated or early message ends the link and nothing else', () => {
  const frame = Uint8Array.of(0x16, 0xc0, 0, 0, 0, 0, 0, 0, 0, 1, 42);
  const early = new World();
  early.anna.channel.open();
  early.anna.channel.hear(frame);
  expect(early.anna.ended).toMatchObject([{ reason: 'failed', error: { code: 'FRAME_MALFORMED' } }]);

  const inputs = [
    new Uint8Array(),
    Uint8Array.of(0xff),
    Uint8Array.of(0x1f),
    new Uint8Array(LIMITS.links.chunkBytes + 1),
    encodeControlMessage({ kind: 'greeting', greeting: greeting(bert) }),
    encodeControlMessage({ kind: 'greeting-answer', answer: { kind: 'accepted', version: 1 } }),
  ];
  for (const input of inputs) {
    const world = new World().open();
    world.anna.channel.hear(input);
    world.anna.channel.hear(frame);
    expect(world.anna.ended).toHaveLength(1);
    expect(world.anna.frames).toEqual([]);
  }
});
