import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { TransportEvent } from '../../src/transport/contract.ts';
import type { PeerFactory } from '../../src/transport/peer-factory.ts';
import { hostScheduler, type Scheduler } from '../../src/transport/scheduler.ts';
import { ClusterKeys, createSecret, SECRET_BYTES } from '../../src/transport/secrets.ts';
import { WebRtcTransport } from '../../src/transport/webrtc/webrtc-transport.ts';
import type { BootId, ClusterId, LinkId, RadiantId } from '../../src/wire/identifiers.ts';
import { parseId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { RunningSignaling } from '../signaling/rendezvous-client.ts';
import { ManualScheduler } from './manual-scheduler.ts';
import { MemoryNetwork } from './memory-peers.ts';

const radiantId = (number: number) => parseId<RadiantId>(number.toString(16).padStart(32, '0'));
const secret = await createSecret(crypto.subtle, crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
const keys = await ClusterKeys.derive(crypto.subtle, secret);

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0).toReversed()) await task();
});

async function startSignaling(port = 0): Promise<RunningSignaling> {
  const server = await RunningSignaling.start({ intervals: { closeMs: 100 } }, port);
  cleanUp.push(() => server.stop());
  return server;
}

interface NodeOptions {
  readonly number: number;
  readonly url: string;
  readonly peers: PeerFactory;
  readonly boot?: number;
  readonly cluster?: string;
  readonly scheduler?: Scheduler;
}

/** A radiant that has only a transport. */
class TestRadiant {
  readonly events: TransportEvent[] = [];
  readonly open = new Map<RadiantId, { link: LinkId; boot: BootId }>();
  readonly transport: WebRtcTransport;
  readonly id: RadiantId;
  /** Largest number of links that were open to the same radiant at one time. */
  mostAtOnce = 0;

  constructor(options: NodeOptions) {
    this.id = radiantId(options.number);
    this.transport = new WebRtcTransport({
      radiant: this.id,
      boot: parseId<BootId>((options.boot ?? 0).toString(16).padStart(32, '0')),
      build: 'test',
      keys,
      signalingUrl: options.url,
      peers: options.peers,
      openSocket: (url) => new WebSocket(url),
      scheduler: options.scheduler ?? hostScheduler,
    });
    if (options.cluster !== undefined) this.transport.associate(parseId<ClusterId>(options.cluster.repeat(32)));
    this.transport.start((event) => this.#handle(event));
    cleanUp.push(() => this.transport.close());
  }

  neighbours(): RadiantId[] {
    return [...this.open.keys()].toSorted();
  }

  linkTo(other: TestRadiant): LinkId {
    const found = this.open.get(other.id);
    if (found === undefined) throw new Error('they are not linked');
    return found.link;
  }

  kinds(): string[] {
    return this.events.map((event) => {
      if (event.kind === 'link-closed') return `closed: ${event.reason}`;
      if (event.kind === 'signaling') return `signaling: ${event.state}`;
      return event.kind === 'problem' ? `problem: ${event.error.code}` : event.kind;
    });
  }

  #handle(event: TransportEvent): void {
    this.events.push(event);
    if (event.kind === 'link-opened') {
      const { radiant, boot } = event.neighbour;
      this.mostAtOnce = Math.max(this.mostAtOnce, this.open.has(radiant) ? 2 : 1);
      this.open.set(radiant, { link: event.link, boot });
    }
    if (event.kind === 'link-closed') {
      for (const [radiant, { link }] of this.open) if (link === event.link) this.open.delete(radiant);
    }
  }
}

/** Returns a generator of pseudo-random numbers in [0, 1), by Lehmer's method. Equal seeds give equal numbers. */
function randomFrom(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Checks that both ends agree on every link, and that each link carries a frame. */
async function expectWholeMesh(radiants: readonly TestRadiant[]): Promise<void> {
  await expect
    .poll(() => radiants.map((radiant) => radiant.open.size), { timeout: 15_000 })
    .toEqual(radiants.map(() => radiants.length - 1));
  for (const from of radiants) {
    for (const to of radiants) if (from !== to) from.transport.send(from.linkTo(to), Uint8Array.of(42), 'bulk');
  }
  const heard = (radiant: TestRadiant) => radiant.events.filter((event) => event.kind === 'frame').length;
  await expect.poll(() => radiants.map(heard)).toEqual(radiants.map(() => radiants.length - 1));
  for (const radiant of radiants) expect(radiant.mostAtOnce).toBe(1);
}

test('radiants that join at the same moment form a full mesh in any order of events', async () => {
  const { url } = await startSignaling();
  for (let round = 0; round < 12; round++) {
    const random = randomFrom(round);
    const network = new MemoryNetwork({ delayMs: () => random() * 5 * round });
    const numbers = [1, 2, 3, 4, 5].map((number) => round * 100 + number);
    const radiants = numbers.map((number) => new TestRadiant({ number, url, peers: network.factory() }));
    await expectWholeMesh(radiants);
    for (const radiant of radiants) radiant.transport.close();
  }
}, 60_000);

test('broken links are replaced', async () => {
  const { url } = await startSignaling();
  const network = new MemoryNetwork();
  const radiants = [1, 2, 3].map((number) => new TestRadiant({ number, url, peers: network.factory() }));
  await expectWholeMesh(radiants);
  network.breakAll();
  await expect.poll(() => radiants.every((radiant) => radiant.kinds().includes('closed: failed'))).toBe(true);
  await expect.poll(() => radiants.map((radiant) => radiant.open.size), { timeout: 10_000 }).toEqual([2, 2, 2]);
});

test('a new boot replaces the link of the old one', async () => {
  const { url } = await startSignaling();
  const network = new MemoryNetwork();
  const anna = new TestRadiant({ number: 1, url, peers: network.factory() });
  const before = new TestRadiant({ number: 2, url, peers: network.factory(), boot: 1 });
  await expectWholeMesh([anna, before]);
  const after = new TestRadiant({ number: 2, url, peers: network.factory(), boot: 2 });
  await expect.poll(() => anna.open.get(after.id)?.boot.at(-1)).toBe('2');
  expect(anna.mostAtOnce).toBe(1);
  await expect.poll(() => before.kinds()).toContain('problem: IDENTITY_TAKEN');
  expect(before.kinds().at(-1)).not.toBe('link-opened');
});

test('a radiant that said goodbye is not dialled again', async () => {
  const { url } = await startSignaling();
  const network = new MemoryNetwork();
  const scheduler = new ManualScheduler();
  const anna = new TestRadiant({ number: 1, url, peers: network.factory(), scheduler });
  const bert = new TestRadiant({ number: 2, url, peers: network.factory() });
  await expectWholeMesh([anna, bert]);
  const made = network.made;
  bert.transport.close();
  await expect.poll(() => anna.kinds().at(-1)).toBe('closed: goodbye');
  scheduler.advance(60_000);
  expect(network.made).toBe(made);
});

test('a link closed on purpose stays closed until a radiant here asks for it', async () => {
  const { url } = await startSignaling();
  const network = new MemoryNetwork();
  const scheduler = new ManualScheduler();
  const anna = new TestRadiant({ number: 1, url, peers: network.factory() });
  const bert = new TestRadiant({ number: 2, url, peers: network.factory(), scheduler });
  await expectWholeMesh([anna, bert]);
  anna.transport.disconnect(anna.linkTo(bert));
  await expect.poll(() => anna.kinds().at(-1)).toBe('closed: closed');
  await expect.poll(() => network.living).toBe(0);
  const { made } = network;
  bert.transport.connect(anna.id);
  expect(network.made).toBe(made + 1);
  await expect.poll(() => network.living, { message: 'declined' }).toBe(0);
  scheduler.advance(5_000);
  expect(network.made).toBe(made + 1);
  expect([anna.open.size, bert.open.size]).toEqual([0, 0]);
  anna.transport.connect(bert.id);
  await expect.poll(() => [anna.open.size, bert.open.size]).toEqual([1, 1]);

  anna.transport.disconnect(anna.linkTo(bert));
  const reborn = new TestRadiant({ number: 2, url, peers: network.factory(), boot: 1 });
  await expect.poll(() => anna.open.get(reborn.id)?.boot.at(-1), { message: 'a new boot is welcome' }).toBe('1');
});

test('radiants of two clusters report the conflict and do not redial', async () => {
  const { url } = await startSignaling();
  const network = new MemoryNetwork();
  const scheduler = new ManualScheduler();
  const anna = new TestRadiant({ number: 1, url, peers: network.factory(), cluster: 'a', scheduler });
  const bert = new TestRadiant({ number: 2, url, peers: network.factory(), cluster: 'b', scheduler });
  for (const radiant of [anna, bert]) {
    await expect.poll(() => radiant.kinds()).toContain('problem: FRAME_OF_OTHER_CLUSTER');
  }
  const { made } = network;
  scheduler.advance(30_000);
  anna.transport.connect(bert.id);
  await expect.poll(() => network.made, { message: 'asked by name it is tried once more' }).toBe(made + 1);
  expect(anna.open.size + bert.open.size).toBe(0);
});

test('a browser without a network reports it at once and once', async () => {
  const { url } = await startSignaling();
  const network = new MemoryNetwork();
  const anna = new TestRadiant({ number: 1, url, peers: network.factory({ hasCandidates: false }) });
  const bert = new TestRadiant({ number: 2, url, peers: network.factory({ hasCandidates: false }) });
  await expect.poll(() => anna.kinds().concat(bert.kinds())).toContain('problem: LINK_FAILED');
  await expect.poll(() => network.made, { message: 'it is tried again' }).toBeGreaterThan(4);
  for (const radiant of [anna, bert]) {
    const words = radiant.events.flatMap((event) => (event.kind === 'problem' ? [event.error.message] : []));
    expect(words.filter((word) => word.includes('no network')).length).toBeLessThanOrEqual(1);
  }
});

test('without the signaling server signals go through the mesh, and open links stay', async () => {
  const signaling = await startSignaling();
  const network = new MemoryNetwork();
  const [anna, bert, carl] = [1, 2, 3].map((number) => {
    return new TestRadiant({ number, url: signaling.url, peers: network.factory() });
  });
  if (anna === undefined || bert === undefined || carl === undefined) throw new Error('three are here');
  await expectWholeMesh([anna, bert, carl]);
  await signaling.stop();
  await expect.poll(() => anna.kinds()).toContain('signaling: unreachable');
  expect(anna.kinds()).toContain('problem: SIGNALING_UNREACHABLE');
  expect([anna, bert, carl].map((radiant) => radiant.open.size)).toEqual([2, 2, 2]);

  anna.transport.disconnect(anna.linkTo(bert));
  await expect.poll(() => [anna.open.size, bert.open.size]).toEqual([1, 1]);
  // The test carries sealed signals to their receiver, as a neighbour of both radiants does in the mesh.
  const seen = { anna: 0, bert: 0 };
  const relay = setInterval(() => {
    for (const [name, from, to] of [
      ['anna', anna, bert],
      ['bert', bert, anna],
    ] as const) {
      for (const event of from.events.slice(seen[name])) {
        if (event.kind === 'signal-out') to.transport.signalIn(from.id, event.sealed);
      }
      seen[name] = from.events.length;
    }
  }, 1);
  cleanUp.push(() => clearInterval(relay));
  anna.transport.connect(bert.id);
  await expect.poll(() => [anna.open.size, bert.open.size]).toEqual([2, 2]);
});

async function firstSignal(radiant: TestRadiant): Promise<Uint8Array> {
  await expect.poll(() => radiant.kinds()).toContain('signal-out');
  const event = radiant.events.find((candidate) => candidate.kind === 'signal-out');
  if (event?.kind !== 'signal-out') throw new Error('an offer was sent');
  return event.sealed;
}

test('a repeated, forged or damaged offer makes no connection', async () => {
  const network = new MemoryNetwork();
  const nowhere = 'ws://127.0.0.1:9/signaling';
  const anna = new TestRadiant({ number: 1, url: nowhere, peers: network.factory() });
  const bert = new TestRadiant({ number: 2, url: nowhere, peers: network.factory() });
  anna.transport.connect(bert.id);
  const sealed = await firstSignal(anna);
  expect(network.made).toBe(1);
  bert.transport.signalIn(anna.id, sealed);
  await expect.poll(() => network.made).toBe(2);

  const damaged = sealed.map((byte, at) => (at === 40 ? byte ^ 1 : byte));
  bert.transport.signalIn(anna.id, sealed);
  bert.transport.signalIn(anna.id, damaged);
  bert.transport.signalIn(radiantId(3), sealed);
  bert.transport.signalIn(anna.id, new Uint8Array());
  bert.transport.signalIn(anna.id, new Uint8Array(LIMITS.links.sealedBytes + 1));
  const garbage = new TextEncoder().encode(
    '{"kind":"signal","boot":"no","attempt":"no","number":0,"signal":"offer 1"}',
  );
  bert.transport.signalIn(anna.id, await keys.seal(garbage, anna.id, bert.id, new Uint8Array(12)));

  // Signals are opened in order. When this valid signal makes a connection, the earlier signals have made none.
  const carl = new TestRadiant({ number: 3, url: nowhere, peers: network.factory() });
  carl.transport.connect(bert.id);
  const honest = await firstSignal(carl);
  expect(network.made).toBe(3);
  bert.transport.signalIn(carl.id, honest);
  await expect.poll(() => network.living).toBe(4);
  expect(network.made).toBe(4);
});

test('a radiant requested before the signaling server answered gets an offer right after the welcome', async () => {
  const { url } = await startSignaling();
  const network = new MemoryNetwork();
  const scheduler = new ManualScheduler();
  const anna = new TestRadiant({ number: 1, url, peers: network.factory(), scheduler });
  await expect.poll(() => anna.kinds()).toContain('signaling: connected');
  const bert = new TestRadiant({ number: 2, url, peers: network.factory(), scheduler });
  bert.transport.connect(anna.id);
  await expectWholeMesh([anna, bert]);
});

test('an offer that reached an ended boot is repeated when the next boot offers', async () => {
  const network = new MemoryNetwork();
  const nowhere = 'ws://127.0.0.1:9/signaling';
  // The scheduler's time stands still, so no retry can open the connection.
  const scheduler = new ManualScheduler();
  const anna = new TestRadiant({ number: 1, url: nowhere, peers: network.factory(), scheduler });
  anna.transport.connect(radiantId(2));
  await firstSignal(anna);
  const lost = anna.events.length;

  const bert = new TestRadiant({ number: 2, url: nowhere, peers: network.factory(), boot: 1, scheduler });
  bert.transport.connect(anna.id);
  anna.transport.signalIn(bert.id, await firstSignal(bert));
  const carry = (from: TestRadiant, to: TestRadiant, first: number) => {
    let next = first;
    const timer = setInterval(() => {
      for (const event of from.events.slice(next)) {
        if (event.kind === 'signal-out') to.transport.signalIn(from.id, event.sealed);
      }
      next = from.events.length;
    }, 1);
    cleanUp.push(() => clearInterval(timer));
  };
  carry(anna, bert, lost);
  carry(bert, anna, 0);
  await expect.poll(() => [anna.open.size, bert.open.size]).toEqual([1, 1]);
});

const countEnds = (radiants: readonly TestRadiant[]) => radiants.reduce((ends, radiant) => ends + radiant.open.size, 0);

test('offers beyond the limit of neighbours are declined', async () => {
  const { url } = await startSignaling();
  const network = new MemoryNetwork();
  const hub = new TestRadiant({ number: 1, url, peers: network.factory() });
  const others = Array.from({ length: LIMITS.links.neighbours + 4 }, (_, at) => {
    return new TestRadiant({ number: 100 + at, url, peers: network.factory() });
  });
  await expect.poll(() => others.every((other) => other.kinds().includes('signaling: connected'))).toBe(true);
  for (const other of others) hub.transport.connect(other.id);
  await expect.poll(() => hub.open.size, { timeout: 10_000 }).toBe(LIMITS.links.neighbours);
  for (const other of others) if (!hub.open.has(other.id)) other.transport.connect(hub.id);
  await expect.poll(() => network.living, { message: 'nothing is under way' }).toBe(countEnds([hub, ...others]));
  expect(hub.open.size).toBe(LIMITS.links.neighbours);
}, 20_000);

test('a signaling server that starts late or restarts is found', async () => {
  const first = await startSignaling();
  const port = Number(new URL(first.url).port);
  await first.stop();
  const network = new MemoryNetwork();
  const [anna, bert] = [1, 2].map((number) => new TestRadiant({ number, url: first.url, peers: network.factory() }));
  if (anna === undefined || bert === undefined) throw new Error('two are here');
  await expect.poll(() => anna.kinds()).toContain('signaling: unreachable');
  await startSignaling(port);
  await expectWholeMesh([anna, bert]);
  expect(anna.kinds()).toContain('signaling: connected');
}, 20_000);
