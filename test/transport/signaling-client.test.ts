import { expect, test } from 'vitest';
import { SignalingClient, type WebSocketLike } from '../../src/transport/signaling-client.ts';
import { parseId, parseRoomName, type RadiantId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import type { MemberMessage, RendezvousRefusal, ServerMessage } from '../../src/wire/rendezvous.ts';
import { decodeMemberMessage, encodeServerMessage } from '../../src/wire/rendezvous-codec.ts';
import { ManualScheduler } from './manual-scheduler.ts';

const self = parseId<RadiantId>('a'.repeat(32));
const other = parseId<RadiantId>('b'.repeat(32));

/** A WebSocket whose other end is the test. */
class TestSocket implements WebSocketLike {
  binaryType = '';
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly sent: MemberMessage[] = [];
  isClosed = false;

  send(data: ArrayBufferView<ArrayBuffer>): void {
    this.sent.push(decodeMemberMessage(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  }

  close(): void {
    this.isClosed = true;
  }

  say(message: ServerMessage): void {
    this.hear(new Uint8Array(encodeServerMessage(message)).buffer);
  }

  hear(data: unknown): void {
    this.onmessage?.({ data });
  }
}

class World {
  readonly scheduler = new ManualScheduler();
  readonly sockets: TestSocket[] = [];
  readonly told: string[] = [];
  readonly client = new SignalingClient({
    url: 'wss://example.org/signaling',
    room: parseRoomName('0'.repeat(64)),
    member: { id: self, kind: 'radiant' },
    openSocket: () => {
      const socket = new TestSocket();
      this.sockets.push(socket);
      return socket;
    },
    scheduler: this.scheduler,
    random: () => 0.999,
    listener: {
      state: (state) => this.told.push(state),
      welcome: (neighbours) => this.told.push(`welcome ${neighbours.length}`),
      signal: (from, sealed) => this.told.push(`signal ${from[0]} ${sealed.length}`),
      absent: (member) => this.told.push(`absent ${member[0]}`),
      problem: (error) => this.told.push(error.code),
    },
  });

  get socket(): TestSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  }

  join(): this {
    this.client.start();
    this.welcome();
    return this;
  }

  welcome(): void {
    this.socket.onopen?.();
    this.socket.say({ kind: 'welcome', neighbours: [{ id: other, kind: 'radiant' }], iceServers: [] });
  }

  refuse(code: RendezvousRefusal): void {
    this.socket.onopen?.();
    this.socket.say({ kind: 'refused', code, message: '', member: undefined });
    this.socket.onclose?.();
  }
}

test('a client joins, learns of neighbours, and exchanges signals', () => {
  const world = new World();
  world.client.start();
  expect(world.client.signal(other, Uint8Array.of(1))).toBe(false);
  world.welcome();
  expect(world.client.signal(other, Uint8Array.of(1))).toBe(true);
  world.socket.say({ kind: 'forwarded', from: other, sealed: new Uint8Array(5) });
  world.socket.say({ kind: 'refused', code: 'unknown-member', message: '', member: other });
  world.socket.say({ kind: 'member-left', member: other });
  expect(world.socket.sent).toMatchObject([
    { kind: 'join', member: { id: self } },
    { kind: 'signal', to: other },
  ]);
  expect(world.told).toEqual(['connecting', 'connected', 'welcome 1', 'signal b 5', 'absent b', 'absent b']);
});

test('an unreachable server is retried with growing delays and reported once', () => {
  const world = new World();
  world.client.start();
  const attemptsAtMs: number[] = [];
  while (world.sockets.length < 12) {
    attemptsAtMs.push(world.scheduler.nowMs());
    const before = world.sockets.length;
    world.socket.onclose?.();
    while (world.sockets.length === before) world.scheduler.advance(10);
  }
  const waits = attemptsAtMs.slice(1).map((at, position) => at - (attemptsAtMs[position] ?? 0));
  expect(waits[0]).toBeLessThanOrEqual(TIMES.signaling.signalingRetryMs);
  expect(waits.at(-1)).toBeGreaterThan(TIMES.signaling.signalingRetryMaximumMs / 2);
  expect(Math.max(...waits)).toBeLessThanOrEqual(TIMES.signaling.signalingRetryMaximumMs);
  expect(world.told).toEqual(['connecting', 'unreachable', 'SIGNALING_UNREACHABLE']);
  world.welcome();
  expect(world.told.slice(-2)).toEqual(['connected', 'welcome 1']);
});

test('a server that stops answering pings gets a new connection', () => {
  const world = new World().join();
  for (let ping = 1; ping <= 5; ping++) {
    world.scheduler.advance(TIMES.signaling.signalingPingMs);
    expect(world.socket.sent.at(-1)).toEqual({ kind: 'ping', number: ping });
    world.socket.say({ kind: 'pong', number: ping });
  }
  expect(world.sockets).toHaveLength(1);
  world.scheduler.advance(
    TIMES.signaling.signalingPingMs + TIMES.signaling.signalingAnswerMs + TIMES.signaling.signalingRetryMs,
  );
  expect(world.sockets).toHaveLength(2);
  expect(world.sockets[0]?.isClosed).toBe(true);
});

test('a server that never sends a welcome gets a new connection', () => {
  const world = new World();
  world.client.start();
  world.socket.onopen?.();
  world.scheduler.advance(TIMES.signaling.signalingAnswerMs + TIMES.signaling.signalingRetryMs);
  expect(world.sockets).toHaveLength(2);
});

test('a malformed message of the server ends the connection and nothing else', () => {
  for (const data of ['text', new ArrayBuffer(3), null, new Uint8Array([8, 1]).buffer]) {
    const world = new World().join();
    world.socket.hear(data);
    expect(world.socket.isClosed).toBe(true);
    world.scheduler.advance(TIMES.signaling.signalingRetryMs);
    expect(world.sockets).toHaveLength(2);
  }
});

test('a full room is retried, a replaced membership is not', () => {
  const full = new World();
  full.client.start();
  full.refuse('room-full');
  expect(full.told).toEqual(['connecting', 'refused', 'ROOM_FULL']);
  full.scheduler.advance(TIMES.signaling.signalingRetryMs);
  full.welcome();
  expect(full.told.at(-2)).toBe('connected');

  const replaced = new World().join();
  replaced.refuse('replaced');
  expect(replaced.told.slice(-2)).toEqual(['refused', 'IDENTITY_TAKEN']);
  replaced.scheduler.advance(10 * TIMES.signaling.signalingRetryMaximumMs);
  expect(replaced.sockets).toHaveLength(1);
});

test('a closed client stays closed', () => {
  const world = new World().join();
  world.client.close();
  world.client.rejoin();
  world.scheduler.advance(10 * TIMES.signaling.signalingRetryMaximumMs);
  expect(world.sockets).toHaveLength(1);
  expect(world.socket.isClosed).toBe(true);
});
