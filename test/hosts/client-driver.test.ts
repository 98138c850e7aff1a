import { expect, test } from 'vitest';
import { Client } from '../../src/client/client.ts';
import type { Call } from '../../src/client/contract.ts';
import { ClientDriver } from '../../src/hosts/client-driver.ts';
import type { Request } from '../../src/wire/frames/frame.ts';
import { TIMES } from '../../src/wire/times.ts';
import { formedView, radiant } from '../client/bench.ts';

const WRITE: Call = { kind: 'write', operation: { kind: 'put', key: Uint8Array.of(1), value: Uint8Array.of(2) } };

/** A driver whose client has an open session with a reachable herald. */
function driverWithSession() {
  const sent: Request[] = [];
  const environment = {
    nowMs: () => 0,
    random: () => 0,
    randomBytes: (length: number) => new Uint8Array(length),
    times: TIMES,
  };
  const driver = new ClientDriver(new Client({ environment }));
  driver.radiant = { handle: ({ request }) => sent.push(request) };
  driver.handle({ kind: 'view', view: formedView({ herald: radiant(1) }) });
  const request = () => driver.request(WRITE, new AbortController().signal).catch((reason: unknown) => reason);
  return { driver, sent, request };
}

test('a write that was sent fails with effect unknown when the store closes', async () => {
  const { driver, sent, request } = driverWithSession();
  const write = request();
  const [opening] = sent;
  if (opening === undefined) throw new Error('no session was opened');
  driver.handle({ kind: 'reply', reply: { id: opening.id, answer: { kind: 'session-opened' } } });
  expect(sent.at(-1)?.question.kind).toBe('command');
  driver.close();
  expect(await write).toMatchObject({ code: 'CLOSED', effect: 'unknown' });
});

test('a write that was not sent fails with effect none when the store closes', async () => {
  const { driver, request } = driverWithSession();
  const write = request();
  driver.close();
  expect(await write).toMatchObject({ code: 'CLOSED', effect: 'none' });
});

test('a call after the close fails with effect none', async () => {
  const { driver, request } = driverWithSession();
  driver.close();
  expect(await request()).toMatchObject({ code: 'CLOSED', effect: 'none' });
});
