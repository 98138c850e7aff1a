import { keyOperation } from '../key-operation.ts';
import { afterEach, expect, test } from 'vitest';
import { ConflictError } from '../../src/hosts/conflict-error.ts';
import type { Versionstamp } from '../../src/hosts/key-value-contract.ts';
import { formatVersionstamp, parseVersionstamp } from '../../src/hosts/versionstamps.ts';
import type { Answer, Question } from '../../src/wire/frames/frame.ts';
import { caught, closeTabs, openTab } from './store-in-node.ts';

afterEach(closeTabs);

const STORED = { generation: 3, revision: 77 };
const WRITTEN: Answer = { kind: 'written', versionstamp: STORED, existed: false };
const bytesOf = (text: string) => new TextEncoder().encode(text);
const valueOf = (text: string): Answer => ({ kind: 'value', value: bytesOf(text), versionstamp: STORED });

/** Answers the next request of the tab. @returns its question */
async function answerNext({ sentBy, answer }: Pick<ReturnType<typeof openTab>, 'sentBy' | 'answer'>, given: Answer) {
  await expect.poll(() => sentBy().length).toBe(1);
  const [request] = sentBy();
  if (request === undefined) throw new Error('a request was sent');
  sentBy().length = 0;
  answer(request, given);
  return request.question;
}

function operationOf(question: Question) {
  if (question.kind !== 'command') throw new Error(question.kind);
  return keyOperation(question.command);
}

test('an entry has its key, value and version, and a missing one is undefined', async () => {
  const tab = openTab('json');
  const reading = tab.store.entry('todo/1');
  await answerNext(tab, valueOf('{"title":"milk"}'));
  const versionstamp = formatVersionstamp(STORED);
  expect(await reading).toEqual({ key: 'todo/1', value: { title: 'milk' }, versionstamp });
  const missing = tab.store.entry('todo/2');
  await answerNext(tab, { kind: 'missing' });
  expect(await missing).toBeUndefined();
});

test('several values come in the order of their keys', async () => {
  const tab = openTab('json');
  const reading = tab.store.getMany(['a', Uint8Array.of(98), 'c']);
  await expect.poll(() => tab.sentBy().length).toBe(3);
  for (const [at, request] of [...tab.sentBy()].reverse().entries()) {
    tab.answer(request, at === 1 ? { kind: 'missing' } : valueOf(`"${at}"`));
  }
  expect(await reading).toEqual(['2', undefined, '0']);
});

test('a call can have an encoding of its own', async () => {
  const tab = openTab('json');
  const reading = tab.store.get('k', { encoding: 'utf8' });
  await answerNext(tab, valueOf('plain'));
  expect(await reading).toBe('plain');
  const writing = tab.store.append('k', 'more', { encoding: 'utf8' });
  expect(operationOf(await answerNext(tab, WRITTEN))).toMatchObject({ kind: 'append', value: bytesOf('more') });
  expect(await writing).toBe(formatVersionstamp(STORED));
  const codec = { name: 'shout', encode: (text: string) => bytesOf(`${text}!`), decode: () => 'quiet' };
  const shouting = tab.store.put('k', 'hey', { encoding: codec });
  expect(operationOf(await answerNext(tab, WRITTEN))).toMatchObject({ kind: 'put', value: bytesOf('hey!') });
  await shouting;
  expect(await caught(tab.store.append('k', 'hey', { encoding: codec }))).toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('an append of JSON adds one element', async () => {
  const tab = openTab('json');
  const writing = tab.store.append('k', { a: 1 });
  expect(operationOf(await answerNext(tab, WRITTEN))).toMatchObject({
    kind: 'append-element',
    value: bytesOf('{"a":1}'),
  });
  await writing;
});

test('a write with another version than the key has fails with the current entry', async () => {
  const tab = openTab('json');
  const expected = formatVersionstamp({ generation: 0, revision: 1 });
  const writing = caught(tab.store.put('k', 1, { ifVersion: expected }));
  const question = await answerNext(tab, { kind: 'conflict', current: { value: bytesOf('2'), versionstamp: STORED } });
  expect(operationOf(question).condition).toEqual({ versionstamp: { generation: 0, revision: 1 } });
  const error = await writing;
  if (!(error instanceof ConflictError)) throw new Error('not a conflict', { cause: error });
  expect(error).toMatchObject({ code: 'CONFLICT', effect: 'none' });
  expect(error.current).toEqual({ key: 'k', value: 2, versionstamp: formatVersionstamp(STORED) });
});

test('a write that expects no key names no version, and finds one or none', async () => {
  const tab = openTab('utf8');
  const deleting = caught(tab.store.delete('k', { ifVersion: null }));
  const question = await answerNext(tab, { kind: 'conflict', current: undefined });
  expect(operationOf(question)).toMatchObject({ kind: 'delete', condition: { versionstamp: undefined } });
  const error = await deleting;
  expect(error).toBeInstanceOf(ConflictError);
  expect(Reflect.get(Object(error), 'current')).toBeUndefined();
});

test('a put can expire, and an entry tells when, by the clock of this device', async () => {
  const tab = openTab('utf8');
  const writing = tab.store.put('k', 'v', { expireInMs: 60_000 });
  expect(operationOf(await answerNext(tab, WRITTEN))).toMatchObject({ kind: 'put', expiresInMs: 60_000 });
  await writing;
  const reading = tab.store.entry('k');
  const beforeMs = Date.now();
  await answerNext(tab, { kind: 'value', value: bytesOf('v'), versionstamp: STORED, expiresInMs: 5_000 });
  const expiresMs = (await reading)?.expiresAt?.getTime() ?? 0;
  expect(expiresMs).toBeGreaterThanOrEqual(beforeMs + 5_000);
  expect(expiresMs).toBeLessThanOrEqual(Date.now() + 5_000);
});

test('a conflict has the expiry of the current entry', async () => {
  const tab = openTab('utf8');
  const writing = caught(tab.store.put('k', 'w', { ifVersion: null }));
  const current = { value: bytesOf('v'), versionstamp: STORED, expiresInMs: 5_000 };
  await answerNext(tab, { kind: 'conflict', current });
  const error = await writing;
  if (!(error instanceof ConflictError)) throw new Error('not a conflict', { cause: error });
  expect(error.current?.expiresAt).toBeInstanceOf(Date);
  expect(error.current?.expiresAt).toEqual(error.current?.expiresAt);
});

test.each([0, -1, 1.5, Number.NaN, Infinity, 3_155_760_000_001, '1000', null])(
  'a key cannot expire in %o ms',
  async (wrong) => {
    const { store } = openTab('json');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
    const expireInMs = wrong as number;
    const error = await caught(store.put('k', 1, { expireInMs }));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', effect: 'none' });
  },
);

test.each(['', 'x', '0'.repeat(21), 'f'.repeat(22), 7, {}])('%o is no version', async (wrong) => {
  const { store } = openTab('json');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
  const ifVersion = wrong as Versionstamp;
  expect(await caught(store.put('k', 1, { ifVersion }))).toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('versionstamps keep both numbers, and compare like them', () => {
  const stamps = [
    { generation: 0, revision: 1 },
    { generation: 0, revision: 255 },
    { generation: 0, revision: Number.MAX_SAFE_INTEGER },
    { generation: 1, revision: 2 },
    { generation: 0xffff_ffff, revision: 3 },
  ];
  const texts = stamps.map(formatVersionstamp);
  expect(texts.map((text) => parseVersionstamp(text))).toEqual(stamps);
  expect(texts.toSorted()).toEqual(texts);
});

test('a call ends at its own time-out', async () => {
  const tab = openTab('json');
  const reading = caught(tab.store.get('k', { timeoutMs: 5 }));
  await expect.poll(() => tab.sentBy().length).toBe(1);
  tab.advance(6);
  expect(await reading).toMatchObject({ code: 'UNAVAILABLE', effect: 'none' });
  const writing = caught(tab.store.put('k', 1, { timeoutMs: 5 }));
  await expect.poll(() => tab.sentBy().length).toBe(2);
  tab.advance(6);
  expect(await writing).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown' });
  for (const timeoutMs of [0, -1, Number.NaN]) {
    expect(await caught(tab.store.get('k', { timeoutMs }))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
});
