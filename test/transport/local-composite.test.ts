import { expect, test } from 'vitest';
import { CompositeTransport } from '../../src/transport/composite.ts';
import type { Transport, TransportEvent } from '../../src/transport/contract.ts';
import { LocalHub } from '../../src/transport/local.ts';
import type { BootId, ClusterId, LinkId, RadiantId } from '../../src/wire/identifiers.ts';
import { parseId } from '../../src/wire/identifiers.ts';

const id = (digit: string) => digit.repeat(32);
const identity = (digit: string, boot = digit) => ({
  radiant: parseId<RadiantId>(id(digit)),
  boot: parseId<BootId>(id(boot)),
});

/** Records all events of one transport, in order. */
class Diary {
  readonly events: TransportEvent[] = [];

  constructor(readonly transport: Transport) {
    transport.start((event) => this.events.push(event));
  }

  links(): LinkId[] {
    const open = new Set<LinkId>();
    for (const event of this.events) {
      if (event.kind === 'link-opened') open.add(event.link);
      if (event.kind === 'link-closed') open.delete(event.link);
    }
    return [...open];
  }

  link(): LinkId {
    const [link] = this.links();
    if (link === undefined) throw new Error('no link is open');
    return link;
  }

  kinds(): string[] {
    return this.events.map((event) => (event.kind === 'link-closed' ? `closed: ${event.reason}` : event.kind));
  }

  frames(): number[][] {
    return this.events.flatMap((event) => (event.kind === 'frame' ? [[...event.bytes]] : []));
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test('all radiants of one worker are linked, and frames arrive in order', async () => {
  const hub = new LocalHub();
  const [anna, bert, carl] = ['a', 'b', 'c'].map((digit) => new Diary(hub.join(identity(digit))));
  if (!anna || !bert || !carl) throw new Error('three are here');
  await settled();
  expect([anna, bert, carl].map((diary) => diary.links().length)).toEqual([2, 2, 2]);
  const toBert = anna.events.find((event) => event.kind === 'link-opened' && event.neighbour.radiant === id('b'));
  if (toBert?.kind !== 'link-opened') throw new Error('Anna is linked with Bert');
  anna.transport.send(toBert.link, Uint8Array.of(1), 'bulk');
  anna.transport.send(toBert.link, Uint8Array.of(2), 'urgent');
  expect(bert.frames(), 'no event comes inside of a call').toEqual([]);
  await settled();
  expect(bert.frames()).toEqual([[1], [2]]);
  expect(carl.frames()).toEqual([]);
});

test('a closed transport sends goodbyes and emits no further event', async () => {
  const hub = new LocalHub();
  const anna = new Diary(hub.join(identity('a')));
  const bert = new Diary(hub.join(identity('b')));
  await settled();
  anna.transport.close();
  await settled();
  expect(bert.kinds()).toEqual(['link-opened', 'round-trip', 'closed: goodbye']);
  expect(anna.kinds()).toEqual(['link-opened', 'round-trip']);
  expect(hub.has(parseId<RadiantId>(id('a')))).toBe(false);
});

test('a new boot of a radiant replaces the old one', async () => {
  const hub = new LocalHub();
  const bert = new Diary(hub.join(identity('b')));
  const before = new Diary(hub.join(identity('a', '1')));
  await settled();
  const after = new Diary(hub.join(identity('a', '2')));
  await settled();
  expect(bert.kinds().filter((kind) => kind !== 'round-trip')).toEqual([
    'link-opened',
    'closed: goodbye',
    'link-opened',
  ]);
  bert.transport.send(bert.link(), Uint8Array.of(7), 'bulk');
  await settled();
  expect(after.frames()).toEqual([[7]]);
  expect(before.frames()).toEqual([]);
});

test('radiants of two clusters on one device are not linked', async () => {
  const hub = new LocalHub();
  const [first, second] = [hub.join(identity('a')), hub.join(identity('b'))];
  first.associate(parseId<ClusterId>(id('1')));
  second.associate(parseId<ClusterId>(id('2')));
  const anna = new Diary(first);
  const bert = new Diary(second);
  await settled();
  expect(anna.links()).toEqual([]);
  expect(bert.events).toMatchObject([{ kind: 'problem', error: { code: 'FRAME_OF_OTHER_CLUSTER' } }]);
});

test('a frame above the limit is not sent, and its sender gets an error', async () => {
  const hub = new LocalHub();
  const anna = new Diary(hub.join(identity('a')));
  const bert = new Diary(hub.join(identity('b')));
  await settled();
  anna.transport.send(anna.link(), new Uint8Array(4_194_305), 'bulk');
  await settled();
  expect(anna.events.at(-1)).toMatchObject({ kind: 'problem', error: { code: 'FRAME_TOO_LARGE' } });
  expect(bert.frames()).toEqual([]);
});

/** Returns two radiants. Each has a composite of the transports of two hubs, and prefers the hub `near`. */
function overTwoHubs() {
  const near = new LocalHub();
  const far = new LocalHub();
  const join = (digit: string, boot = digit) =>
    new CompositeTransport([near.join(identity(digit, boot)), far.join(identity(digit, boot))]);
  return { near, far, join };
}

test('a neighbour on two transports has one link, on the preferred transport', async () => {
  const { join } = overTwoHubs();
  const anna = new Diary(join('a'));
  const bert = new Diary(join('b'));
  await settled();
  expect(anna.links()).toHaveLength(1);
  expect(bert.links()).toHaveLength(1);
  anna.transport.send(anna.link(), Uint8Array.of(1), 'bulk');
  bert.transport.send(bert.link(), Uint8Array.of(2), 'bulk');
  expect(bert.frames(), 'no event comes inside of a call').toEqual([]);
  await settled();
  expect(bert.frames()).toEqual([[1]]);
  expect(anna.frames()).toEqual([[2]]);
});

test('a link on a preferred transport replaces the other one', async () => {
  const { near, far } = overTwoHubs();
  const bert = new Diary(new CompositeTransport([near.join(identity('b')), far.join(identity('b'))]));
  const early = far.join(identity('a'));
  early.start(() => undefined);
  await settled();
  const first = bert.link();
  const late = new Diary(near.join(identity('a')));
  await settled();
  expect(bert.links()).toHaveLength(1);
  expect(bert.link()).not.toBe(first);
  bert.transport.send(bert.link(), Uint8Array.of(5), 'bulk');
  await settled();
  expect(late.frames()).toEqual([[5]]);
});

test('a composite closes both transports, and its neighbour gets one goodbye', async () => {
  const { join } = overTwoHubs();
  const anna = new Diary(join('a'));
  const bert = new Diary(join('b'));
  await settled();
  anna.transport.close();
  await settled();
  expect(bert.kinds().filter((kind) => kind.startsWith('closed'))).toEqual(['closed: goodbye']);
  expect(bert.links()).toEqual([]);
});
