import { afterEach, expect, test } from 'vitest';
import { answerCalls, callsTo } from '../../src/hosts/call-channel.ts';
import { InvariantError, OutcomeUnknownError, ShardbearerError, StorageLostError } from '../../src/wire/errors.ts';

type Calls = {
  double: { argument: number; result: number };
  fail: { argument: string; result: never };
  wait: { argument: undefined; result: string };
  finish: { argument: 'in time' | 'too late' | 'never'; result: string };
};
type Topics = { numbers: number };

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

function connect() {
  const channel = new MessageChannel();
  channels.push(channel);
  const aborted: string[] = [];
  const listeners = new Set<(news: number) => void>();
  const failures: Record<string, unknown> = {
    lost: new StorageLostError('the database is gone'),
    unknown: new OutcomeUnknownError('who knows', { cause: new ShardbearerError('NO_QUORUM', 'two are missing') }),
    bug: new TypeError('x is not a function'),
    exact: new ShardbearerError('CLOSED', 'nothing was sent', { effect: 'none', cause: new RangeError('too far') }),
    denied: new DOMException('no access', 'SecurityError'),
    invariant: new InvariantError('one leader of each term'),
    text: 'a string was thrown',
  };
  answerCalls<Calls, Topics>(
    {
      double: async (value) => 2 * value,
      fail: async (which) => {
        throw failures[which];
      },
      wait: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.push('wait');
            reject(new ShardbearerError('ABORTED', 'told to stop'));
          });
        }),
      finish: (abort, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => {
            if (abort === 'too late') resolve('it was done');
            else if (abort === 'in time') reject(new ShardbearerError('ABORTED', 'it is left as it was'));
          });
        }),
    },
    {
      numbers: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    channel.port1,
  );
  const client = callsTo<Calls, Topics>(channel.port2);
  return { client, aborted, listeners };
}

const caught = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error);

test('a result crosses as it is', async () => {
  const { client } = connect();
  expect(await client.call('double', 21)).toBe(42);
});

test('an error keeps its class, code, message and cause', async () => {
  const { client } = connect();
  const lost = await caught(client.call('fail', 'lost'));
  expect(lost).toBeInstanceOf(StorageLostError);
  expect(lost).toMatchObject({ code: 'STORAGE_LOST', message: 'the database is gone', name: 'StorageLostError' });
  const unknown = await caught(client.call('fail', 'unknown'));
  expect(unknown).toBeInstanceOf(OutcomeUnknownError);
  expect(unknown).toMatchObject({ cause: { code: 'NO_QUORUM', message: 'two are missing' } });
});

test('an exception without a code arrives as PLATFORM_FAILED and names it; a broken invariant stays one', async () => {
  const { client } = connect();
  for (const [which, text] of [
    ['bug', 'TypeError: x is not a function'],
    ['denied', 'SecurityError: no access'],
    ['text', 'a string was thrown'],
  ] as const) {
    const error = await caught(client.call('fail', which));
    expect(error).toBeInstanceOf(ShardbearerError);
    expect(error).toMatchObject({ code: 'PLATFORM_FAILED' });
    expect(String(error)).toContain(text);
  }
  expect(await caught(client.call('fail', 'invariant'))).toBeInstanceOf(InvariantError);
  expect(await caught(client.call('fail', 'bug'))).toMatchObject({
    cause: { name: 'TypeError', message: 'x is not a function' },
  });
  expect(await caught(client.call('fail', 'text'))).toMatchObject({ cause: 'a string was thrown' });
});

test('an error keeps the effect of its throw, and a cause that is no error of this library', async () => {
  const { client } = connect();
  const error = await caught(client.call('fail', 'exact'));
  expect(error).toMatchObject({ code: 'CLOSED', effect: 'none', cause: { name: 'RangeError', message: 'too far' } });
  expect(error).not.toHaveProperty('cause.code');
});

test('an abort settles the call here and reaches the far end', async () => {
  const { client, aborted } = connect();
  const abort = new AbortController();
  const call = caught(client.call('wait', undefined, { signal: abort.signal }));
  abort.abort(new Error('changed my mind'));
  expect(await call).toMatchObject({ code: 'ABORTED', cause: { message: 'changed my mind' } });
  await client.call('double', 1);
  expect(aborted).toEqual(['wait']);
  expect(await caught(client.call('double', 1, { signal: abort.signal }))).toMatchObject({ code: 'ABORTED' });
});

test('for an irrevocable call, only the far end decides whether an abort came in time', async () => {
  const { client } = connect();
  const abort = new AbortController();
  const inTime = caught(client.call('finish', 'in time', { signal: abort.signal, abort: 'asks' }));
  const tooLate = client.call('finish', 'too late', { signal: abort.signal, abort: 'asks' });
  abort.abort();
  expect(await inTime).toMatchObject({ code: 'ABORTED', message: 'it is left as it was' });
  expect(await tooLate).toBe('it was done');
  const dead = caught(client.call('finish', 'in time', { signal: new AbortController().signal, abort: 'asks' }));
  client.fail(new ShardbearerError('WORKER_DIED', 'the worker of this tab ended'));
  expect(await dead).toMatchObject({ code: 'WORKER_DIED' });
});

test('an abort that asks the far end settles the call if no answer comes in time', async () => {
  const { client } = connect();
  const abort = new AbortController();
  const options = { signal: abort.signal, abort: 'asks', abortPatienceMs: 10 } as const;
  const call = caught(client.call('finish', 'never', options));
  abort.abort(new Error('changed my mind'));
  expect(await call).toMatchObject({ code: 'ABORTED', effect: 'unknown', cause: { message: 'changed my mind' } });
});

test('a subscription delivers values until it is stopped', async () => {
  const { client, listeners } = connect();
  const heard: number[] = [];
  const stop = client.subscribe('numbers', (news) => heard.push(news));
  await client.call('double', 1);
  for (const listener of listeners) listener(7);
  await expect.poll(() => heard).toEqual([7]);
  stop();
  await client.call('double', 1);
  expect(listeners.size).toBe(0);
});

test('an argument that cannot be cloned fails the call with a code', async () => {
  const { client } = connect();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- in plain JavaScript it can be anything
  const argument = (() => undefined) as unknown as number;
  const error = await caught(client.call('double', argument));
  expect(error).toMatchObject({ code: 'PLATFORM_FAILED' });
  expect(String(error)).toContain('postMessage failed (DataCloneError');
});

test('when the far end dies, calls under way and later ones fail with the reason', async () => {
  const { client } = connect();
  const underWay = caught(client.call('wait', undefined));
  client.fail(new ShardbearerError('WORKER_DIED', 'the worker of this tab ended'));
  expect(await underWay).toMatchObject({ code: 'WORKER_DIED' });
  expect(await caught(client.call('double', 1))).toMatchObject({ code: 'WORKER_DIED' });
});
