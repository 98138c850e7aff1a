import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { SignalingOptions } from '../../signaling/settings.ts';
import { encodeMemberMessage } from '../../src/wire/rendezvous-codec.ts';
import { memberId, RendezvousClient, roomName, RunningSignaling } from './rendezvous-client.ts';

/** Close code of a WebSocket that ended without a closing handshake. */
const CLOSED_WITHOUT_REASON = 1_006;
const running: RunningSignaling[] = [];

async function start(options: SignalingOptions = {}): Promise<RunningSignaling> {
  const server = await RunningSignaling.start(options);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

test('only the newcomer is introduced to the members', async () => {
  const { url } = await start({ iceServers: [{ urls: ['stun:stun.example.org'], username: 'u', credential: 'c' }] });
  const anna = await RendezvousClient.connect(url);
  anna.join(1);
  expect(await anna.next('welcome')).toEqual({
    kind: 'welcome',
    neighbours: [],
    iceServers: [{ urls: ['stun:stun.example.org'], username: 'u', credential: 'c' }],
  });
  const bert = await RendezvousClient.connect(url);
  bert.join(2);
  expect((await bert.next('welcome')).neighbours).toEqual([{ id: memberId(1), kind: 'radiant' }]);
  expect(anna.received).toEqual([]);
});

test('a newcomer gets a few radiants as neighbours, and no clients', async () => {
  const { url } = await start({ limits: { introducedNeighbours: 3 } });
  for (let member = 1; member <= 6; member++) await RendezvousClient.join(url, member);
  await RendezvousClient.join(url, 7, 1, 'client');
  const newcomer = await RendezvousClient.connect(url);
  newcomer.join(8, 1, 'client');
  const { neighbours } = await newcomer.next('welcome');
  expect(new Set(neighbours.map((neighbour) => neighbour.id)).size).toBe(3);
  for (const neighbour of neighbours) {
    expect(neighbour.kind).toBe('radiant');
    expect(Number(neighbour.id)).toBeLessThanOrEqual(6);
  }
});

test('sealed signals reach only the named member of the same room', async () => {
  const { url } = await start();
  const anna = await RendezvousClient.join(url, 1);
  const bert = await RendezvousClient.join(url, 2);
  const carl = await RendezvousClient.join(url, 3);
  const stranger = await RendezvousClient.join(url, 2, 99);
  const sealed = new Uint8Array(randomBytes(2_000));
  anna.send({ kind: 'signal', to: memberId(2), sealed });
  expect(await bert.next('forwarded')).toEqual({ kind: 'forwarded', from: memberId(1), sealed });
  for (const other of [carl, stranger]) {
    other.send({ kind: 'ping', number: 1 });
    await other.next('pong');
    expect(other.received).toEqual([]);
  }
});

test('a signal to an unknown member is refused, and the connection stays open', async () => {
  const { url } = await start();
  const anna = await RendezvousClient.join(url, 1);
  await RendezvousClient.join(url, 5, 2);
  anna.send({ kind: 'signal', to: memberId(5), sealed: Uint8Array.of(1) });
  expect(await anna.next('refused')).toMatchObject({ code: 'unknown-member', member: memberId(5) });
  anna.send({ kind: 'ping', number: 7 });
  expect(await anna.next('pong')).toEqual({ kind: 'pong', number: 7 });
});

test('members hear who left, and an empty room is deleted', async () => {
  const { url, signaling } = await start();
  const anna = await RendezvousClient.join(url, 1);
  const bert = await RendezvousClient.join(url, 2);
  bert.socket.close();
  expect(await anna.next('member-left')).toEqual({ kind: 'member-left', member: memberId(2) });
  anna.socket.close();
  await anna.end();
  await expect.poll(() => signaling.counts()).toEqual({ connections: 0, rooms: 0 });
});

test('a member that joins again takes its own seat, and no member hears of a departure', async () => {
  const { url } = await start({ limits: { roomMembers: 2 } });
  const anna = await RendezvousClient.join(url, 1);
  const before = await RendezvousClient.join(url, 2);
  const after = await RendezvousClient.join(url, 2);
  expect((await before.next('refused')).code).toBe('replaced');
  await before.end();
  anna.send({ kind: 'signal', to: memberId(2), sealed: Uint8Array.of(9) });
  expect((await after.next('forwarded')).sealed).toEqual(Uint8Array.of(9));
  expect(anna.received).toEqual([]);
});

test('rooms and members have their limits, with typed refusals', async () => {
  const { url } = await start({ limits: { roomMembers: 2, rooms: 1 } });
  await RendezvousClient.join(url, 1);
  await RendezvousClient.join(url, 2);
  const third = await RendezvousClient.connect(url);
  third.join(3);
  expect((await third.next('refused')).code).toBe('room-full');
  await third.end();
  const elsewhere = await RendezvousClient.connect(url);
  elsewhere.join(4, 2);
  expect((await elsewhere.next('refused')).code).toBe('no-room-left');
  await elsewhere.end();
});

test('signaling before joining and joining twice are refused', async () => {
  const { url } = await start();
  const hasty = await RendezvousClient.connect(url);
  hasty.send({ kind: 'signal', to: memberId(1), sealed: Uint8Array.of(1) });
  expect((await hasty.next('refused')).code).toBe('not-joined');
  await hasty.end();
  const twice = await RendezvousClient.join(url, 1);
  twice.join(2);
  expect((await twice.next('refused')).code).toBe('already-joined');
  await twice.end();
});

test('a connection that does not join in time ends', async () => {
  const { url, signaling } = await start({ intervals: { joinPatienceMs: 150 } });
  const idle = await Promise.all([RendezvousClient.connect(url), RendezvousClient.connect(url)]);
  for (const client of idle) {
    expect((await client.next('refused')).code).toBe('not-joined');
    await client.end();
  }
  await expect.poll(() => signaling.counts().connections).toBe(0);
});

test('the oldest connection without a room ends, so that a newcomer can join', async () => {
  const { url, signaling } = await start({ limits: { strangers: 3 } });
  const idle: RendezvousClient[] = [];
  for (let count = 0; count < 3; count++) idle.push(await RendezvousClient.connect(url));
  const member = await RendezvousClient.join(url, 1);
  expect(await idle[0]?.end()).toBe(CLOSED_WITHOUT_REASON);
  // The connection is in a room, so the server must not end it.
  for (let count = 0; count < 4; count++) idle.push(await RendezvousClient.connect(url));
  for (const ended of idle.slice(0, 4)) expect(await ended.end()).toBe(CLOSED_WITHOUT_REASON);
  expect(idle.slice(4).map((client) => client.closed)).toEqual([undefined, undefined, undefined]);
  expect(member.closed).toBeUndefined();
  await expect.poll(() => signaling.counts().connections).toBe(4);
});

test('one address has its own limit of connections without a room', async () => {
  const { url } = await start({ limits: { strangers: 100, strangersOfOneAddress: 2 } });
  const idle: RendezvousClient[] = [];
  for (let count = 0; count < 3; count++) idle.push(await RendezvousClient.connect(url));
  expect(await idle[0]?.end()).toBe(CLOSED_WITHOUT_REASON);
  await RendezvousClient.join(url, 1);
  expect(await idle[1]?.end()).toBe(CLOSED_WITHOUT_REASON);
  expect(idle[2]?.closed).toBeUndefined();
});

test('a refused connection counts as a stranger until it has ended', async () => {
  const { url, signaling } = await start({ limits: { strangers: 1 }, intervals: { closeMs: 60_000 } });
  const anna = await RendezvousClient.join(url, 1);
  const bert = await RendezvousClient.join(url, 2);
  // The server refuses this connection, and the client does not answer the closing handshake.
  bert.socket.pause();
  bert.socket.send('text');
  await anna.next('member-left');
  expect(signaling.counts().connections).toBe(2);
  await RendezvousClient.join(url, 3);
  await expect.poll(() => signaling.counts().connections).toBe(2);
  bert.socket.terminate();
});

test('a refused member displaces no newcomer', async () => {
  const { url, signaling } = await start({ limits: { strangers: 1 }, intervals: { closeMs: 60_000 } });
  const member = await RendezvousClient.join(url, 1);
  const newcomer = await RendezvousClient.connect(url);
  member.socket.pause();
  member.socket.send('text');
  await expect.poll(() => signaling.counts().connections).toBe(1);
  newcomer.join(2);
  await newcomer.next('welcome');
  member.socket.terminate();
});

test('a client that sends too fast gets one warning and loses messages, and others are not slowed', async () => {
  const { url } = await start({ limits: { messagesEachSecond: 20 } });
  const anna = await RendezvousClient.join(url, 1);
  const flooder = await RendezvousClient.join(url, 2);
  for (let number = 0; number < 500; number++)
    flooder.send({ kind: 'signal', to: memberId(1), sealed: Uint8Array.of(1) });
  expect((await flooder.next('refused')).code).toBe('too-fast');
  anna.send({ kind: 'ping', number: 1 });
  await anna.next('pong');
  const carried = anna.received.filter((message) => message.kind === 'forwarded').length;
  expect(carried).toBeGreaterThan(0);
  expect(carried).toBeLessThan(100);
  expect(flooder.received.length).toBeLessThan(5);
});

test('hostile input ends only its own connection', async () => {
  const { url } = await start({ limits: { messageBytes: 65_536 } });
  const anna = await RendezvousClient.join(url, 1);
  const join = encodeMemberMessage({
    kind: 'join',
    version: 1,
    room: roomName(1),
    member: { id: memberId(2), kind: 'radiant' },
  });
  const inputs: (string | Uint8Array)[] = [
    'text',
    '',
    new Uint8Array(),
    join.slice(0, -1),
    new Uint8Array(65_537),
    ...Array.from({ length: 100 }, (_, length) => new Uint8Array(randomBytes(length + 1))),
    ...Array.from({ length: join.length }, (_, at) =>
      join.map((byte, position) => (position === at ? byte ^ 255 : byte)),
    ),
  ];
  for (const input of inputs) {
    const client = await RendezvousClient.connect(url);
    client.socket.send(input);
    client.send({ kind: 'ping', number: 1 });
    while (client.received.length === 0 && client.closed === undefined)
      await new Promise((wake) => setTimeout(wake, 1));
    client.socket.terminate();
  }
  const large = await RendezvousClient.connect(url);
  large.socket.send(new Uint8Array(1_000_000));
  expect(await large.end()).toBe(1_009);
  anna.send({ kind: 'ping', number: 2 });
  expect(await anna.next('pong')).toEqual({ kind: 'pong', number: 2 });
});

test('another path is not signaling', async () => {
  const { url } = await start();
  await expect(RendezvousClient.connect(url.replace('/signaling', '/elsewhere'))).rejects.toThrow('404');
});

test('a member that does not answer pings ends, and one that answers stays', async () => {
  const { url, signaling } = await start({ intervals: { memberPingMs: 30 } });
  const alive = await RendezvousClient.join(url, 1);
  const dead = new WebSocket(url, { autoPong: false });
  await new Promise((open) => dead.once('open', open));
  dead.send(
    encodeMemberMessage({ kind: 'join', version: 1, room: roomName(1), member: { id: memberId(2), kind: 'radiant' } }),
  );
  expect(await alive.next('member-left')).toEqual({ kind: 'member-left', member: memberId(2) });
  expect(signaling.counts()).toEqual({ connections: 1, rooms: 1 });
  expect(alive.closed).toBeUndefined();
});

test('closing tells all members, refuses new ones, and does not wait for silent ones', async () => {
  const server = await start({ intervals: { closeMs: 100 } });
  const anna = await RendezvousClient.join(server.url, 1);
  const deaf = await RendezvousClient.join(server.url, 2);
  deaf.socket.pause();
  await server.stop();
  expect((await anna.next('refused')).code).toBe('shutting-down');
  expect(await anna.end()).toBe(1_001);
  await expect(RendezvousClient.connect(server.url)).rejects.toThrow('ECONNREFUSED');
  deaf.socket.terminate();
});
