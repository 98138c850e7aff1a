import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReceiver, FrameSender, type LinkEvent, type Urgency } from '../../src/wire/links/framing.ts';
import { hexFromBytes } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import {
  type ControlMessage,
  decodeControlMessage,
  encodeControlMessage,
} from '../../src/wire/links/control-message.ts';
import * as arbitrary from './arbitraries.ts';
import { damaged, errorOf, FUZZ_RUNS, isNoneOrTyped } from './frame-mutation.ts';

const control: fc.Arbitrary<ControlMessage> = fc.oneof(
  arbitrary.greeting.map((greeting) => ({ kind: 'greeting' as const, greeting })),
  arbitrary.greetingAnswer.map((answer) => ({ kind: 'greeting-answer' as const, answer })),
  fc.record({ kind: fc.constantFrom('ping' as const, 'pong' as const), number: fc.nat(0xffff_ffff) }),
  fc.constant({ kind: 'goodbye' as const }),
);
const urgency = fc.constantFrom<Urgency>('urgent', 'bulk', 'call');
const frameLength = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: LIMITS.links.chunkBytes - 12, max: LIMITS.links.chunkBytes + 12 }),
  fc.integer({ min: 1, max: 5 * LIMITS.links.chunkBytes }),
);

/** A frame whose bytes all equal `number`, which identifies the frame. */
function frameOf(length: number, number: number): Uint8Array {
  return new Uint8Array(length).fill(number);
}

function drain(sender: FrameSender): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let message = sender.next(); message !== undefined; message = sender.next()) messages.push(message);
  return messages;
}

function receiveAll(messages: readonly Uint8Array[], receiver = new FrameReceiver()): LinkEvent[] {
  return messages.map((message) => receiver.receive(message)).filter((event) => event !== undefined);
}

/** A short text that identifies a frame of `frameOf`. A comparison of all bytes would take too long. */
function summary(frame: Uint8Array): string {
  return `${frame.length} times ${[...new Set(frame)].join(' and ')}`;
}

const URGENCIES = ['urgent', 'bulk', 'call'] as const satisfies readonly Urgency[];

/**
 * Describes the frames that arrived, each with its urgency. The number of a frame modulo three determines the frame's
 * urgency.
 */
function summaries(events: readonly LinkEvent[]): string[] {
  return events
    .flatMap((event) => (event.kind === 'frame' ? [event.bytes] : []))
    .map((frame) => `${URGENCIES[(frame[0] ?? 0) % 3]} ${summary(frame)}`);
}

test('frames of any size arrive whole and in order of urgency, in any interleaving of queueing and sending', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('queue' as const), length: frameLength, urgency }),
    fc.record({ kind: fc.constant('control' as const), message: control }),
    fc.record({ kind: fc.constant('send' as const), messages: fc.nat(6) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const sender = new FrameSender();
      const receiver = new FrameReceiver();
      const sent: Record<Urgency, string[]> = { urgent: [], bulk: [], call: [] };
      const received: string[] = [];
      for (const [at, one] of steps.entries()) {
        if (one.kind === 'control') sender.control(one.message);
        if (one.kind === 'queue') {
          const frame = frameOf(one.length, 3 * at + URGENCIES.indexOf(one.urgency));
          sender.queue(frame, one.urgency);
          sent[one.urgency].push(`${one.urgency} ${summary(frame)}`);
        }
        for (let count = one.kind === 'send' ? one.messages : 0; count > 0; count--) {
          const message = sender.next();
          if (message !== undefined) received.push(...summaries(receiveAll([message], receiver)));
        }
      }
      received.push(...summaries(receiveAll(drain(sender), receiver)));
      expect(received.filter((frame) => frame.startsWith('urgent'))).toEqual(sent.urgent);
      expect(received.filter((frame) => frame.startsWith('bulk'))).toEqual(sent.bulk);
      expect(received.filter((frame) => frame.startsWith('call')).toSorted()).toEqual(sent.call.toSorted());
      expect(sender.queuedBytes).toBe(0);
    }),
  );
});

test('every message fits into a channel, and chunks add few bytes to a frame', () => {
  const sender = new FrameSender();
  sender.queue(frameOf(LIMITS.messages.frameBytes, 1), 'bulk');
  const messages = drain(sender);
  expect(Math.max(...messages.map((message) => message.length))).toBe(LIMITS.links.chunkBytes);
  expect(messages.length).toBe(Math.ceil((LIMITS.messages.frameBytes + 4) / (LIMITS.links.chunkBytes - 6)));
});

test('a heartbeat overtakes a frame that was sent in part', () => {
  const sender = new FrameSender();
  sender.queue(frameOf(1_000_000, 1), 'bulk');
  const before = [sender.next(), sender.next()].filter((message) => message !== undefined);
  sender.queue(frameOf(40, 2), 'urgent');
  const receiver = new FrameReceiver();
  expect(receiveAll(before, receiver)).toEqual([]);
  expect(receiveAll(drain(sender).slice(0, 1), receiver)).toEqual([{ kind: 'frame', bytes: frameOf(40, 2) }]);
});

test('small calls and appends do not wait behind large calls, and do not delay them', () => {
  const sender = new FrameSender();
  const receiver = new FrameReceiver();
  for (let count = 0; count < 3; count++) sender.queue(frameOf(40_000, 2), 'call');
  const begun = sender.next();
  for (let count = 0; count < 9; count++) sender.queue(frameOf(10_000, 1), 'bulk');
  for (let count = 0; count < 9; count++) sender.queue(frameOf(100, 5), 'call');
  const messages = begun === undefined ? [] : [begun, ...drain(sender)];
  const arrived = summaries(receiveAll(messages, receiver)).map((frame) => frame.slice(0, 10));
  expect(arrived.slice(0, 5)).toEqual(['bulk 10000', 'call 100 t', 'bulk 10000', 'call 100 t', 'call 40000']);
});

test('control messages overtake all frames, and only the newest of each kind is queued', () => {
  const sender = new FrameSender();
  sender.queue(frameOf(10, 1), 'urgent');
  for (let number = 0; number < 1_000; number++) sender.control({ kind: 'pong', number });
  sender.control({ kind: 'goodbye' });
  expect(receiveAll(drain(sender))).toEqual([
    { kind: 'pong', number: 999 },
    { kind: 'goodbye' },
    { kind: 'frame', bytes: frameOf(10, 1) },
  ]);
});

test('encoding and decoding a control message returns the same message', () => {
  fc.assert(
    fc.property(control, (message) => {
      expect(decodeControlMessage(encodeControlMessage(message))).toEqual(message);
    }),
  );
});

test('a lost or repeated chunk fails the link for good', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(frameLength, urgency), { minLength: 1, maxLength: 6 }),
      fc.nat(),
      fc.boolean(),
      (frames, position, repeat) => {
        const sender = new FrameSender();
        for (const [length, how] of frames) sender.queue(frameOf(length, 1), how);
        // The loss of a chunk is detected only when the next chunk arrives, so one more is sent.
        sender.queue(frameOf(1, 1), 'bulk');
        const messages = drain(sender);
        const at = position % (messages.length - 1);
        const faulty = messages.toSpliced(at, repeat ? 0 : 1, ...messages.slice(at, repeat ? at + 1 : at));
        const receiver = new FrameReceiver();
        expect(() => receiveAll(faulty, receiver)).toThrow(expect.objectContaining({ code: 'LINK_FAILED' }));
        expect(() => receiveAll(messages, receiver)).toThrow(expect.objectContaining({ code: 'LINK_FAILED' }));
      },
    ),
  );
});

test('a full queue drops large calls before appends, and appends before small calls', () => {
  const sender = new FrameSender(100_000);
  sender.queue(frameOf(100, 2), 'call');
  sender.queue(frameOf(30_000, 5), 'call');
  sender.queue(frameOf(30_000, 1), 'bulk');
  sender.queue(frameOf(60_000, 0), 'urgent');
  expect(sender.droppedFrames).toBe(1);
  sender.queue(frameOf(30_000, 3), 'urgent');
  expect(sender.droppedFrames).toBe(2);
  expect(summaries(receiveAll(drain(sender)))).toEqual([
    'urgent 60000 times 0',
    'urgent 30000 times 3',
    'call 100 times 2',
  ]);
});

test('a full queue drops the oldest bulk frames first, and never a frame that was sent in part', () => {
  const sender = new FrameSender(100_000);
  sender.queue(frameOf(40_000, 1), 'bulk');
  const begun = sender.next();
  for (const number of [4, 7]) sender.queue(frameOf(30_000, number), 'bulk');
  sender.queue(frameOf(30_000, 3), 'urgent');
  sender.queue(frameOf(30_000, 6), 'urgent');
  expect(sender.droppedFrames).toBe(2);
  expect(sender.queuedBytes).toBeLessThanOrEqual(100_000);
  const messages = begun === undefined ? [] : [begun, ...drain(sender)];
  expect(summaries(receiveAll(messages))).toEqual([
    'urgent 30000 times 3',
    'urgent 30000 times 6',
    'bulk 40000 times 1',
  ]);
});

test('a frame above the limit is refused, both in the queue and from a neighbour', () => {
  const sender = new FrameSender();
  expect(() => sender.queue(new Uint8Array(LIMITS.messages.frameBytes + 1), 'bulk')).toThrow(
    expect.objectContaining({ code: 'FRAME_TOO_LARGE' }),
  );
  expect(sender.next()).toBeUndefined();
  const announcement = Uint8Array.from([0x16, 0x80, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1]);
  expect(() => new FrameReceiver().receive(announcement)).toThrow(expect.objectContaining({ code: 'FRAME_TOO_LARGE' }));
});

test('damaged and random messages end in a typed error or a whole message, never in another error', () => {
  const valid = fc.oneof(
    control.map(encodeControlMessage),
    fc.tuple(fc.integer({ min: 1, max: 100 }), urgency).map(([length, how]) => {
      const sender = new FrameSender();
      sender.queue(frameOf(length, 7), how);
      return sender.next() ?? new Uint8Array(0);
    }),
  );
  const hostile = fc.array(fc.oneof(valid, damaged(valid), arbitrary.bytes()), { maxLength: 4 });
  fc.assert(
    fc.property(hostile, (messages) => {
      const before = messages.map(hexFromBytes);
      expect(errorOf(() => receiveAll(messages))).toSatisfy(isNoneOrTyped);
      expect(messages.map(hexFromBytes)).toEqual(before);
    }),
    { numRuns: FUZZ_RUNS },
  );
}, 120_000);
