import { expect, test } from 'vitest';
import { Client } from '../../src/client/client.ts';
import type { Call } from '../../src/client/contract.ts';
import { ClientDriver } from '../../src/hosts/client-driver.ts';
import type { Request } from '../../src/wire/frames/frame.ts';
import { TIMES } from '../../src/wire/times.ts';
import { formedView, radiant } from '../client/bench.ts';

const WRITE: Call = { kind: 'write', operation: { kind: 'put', key: Uint8Array.of(1), value: Uint8Array.of(2) } };

/** A driver whose client has an open session with a reachable herald. */
function deskWithSession() {
  const sent: Request[] = [];
  const environment = {
    nowMs: () => 0,
    random: () => 0,
    randomBytes: (length: number) => new Uint8Array(length),
    times: TIMES,
  };
  const desk = new ClientDriver(new Client({ environment }), (_order, request) => sent.push(request));
  desk.handle({ kind: 'view', view: formedView({ herald: radiant(1) }) });
  const request = () => desk.request(WRITE, new AbortController().signal).catch((reason: unknown) => reason);
  return { desk, sent, request };
}

test('a write that was sent fails with effect unknown when the store closes', async () => {
  const { desk, sent, request } = deskWithSession();
  const write = request();
  const [opening] = sent;
  if (opening === undefined) throw new Error('no session was opened');
  desk.handle({ kind: 'reply', reply: { id: opening.id, answer: { kind: 'session-opened' } } });
  expect(sent.at(-1)?.question.kind).toBe('command');
  desk.close();
  expect(await write).toMatchObject({ code: 'CLOSED', effect: 'unknown' });
});

test('a write that was not sent fails with effect none when the store closes', async () => {
  const { desk, request } = deskWithSession();
  const write = request();
  desk.close();
  expect(await write).toMatchObject({ code: 'CLOSED', effect: 'none' });
});

test('a call after the close fails with effect none', async () => {
  const { desk, request } = deskWithSession();
  desk.close();
  expect(await request()).toMatchObject({ code: 'CLOSED', effect: 'none' });
});
