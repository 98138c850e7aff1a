import { afterEach, expect, test } from 'vitest';
import { ConflictError } from '../../src/hosts/conflict-error.ts';
import { formatVersionstamp } from '../../src/hosts/versionstamps.ts';
import { defineMachine } from '../../src/store/machine.ts';
import type { Answer, Question } from '../../src/wire/frames/frame.ts';
import { tickets } from '../ticket-queue.ts';
import { caught, closeTabs, openTab } from './store-in-node.ts';

afterEach(closeTabs);

const versionstamp = { generation: 3, revision: 77 };
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Answers the next request of the tab. @returns its question */
async function answerNext(
  tab: Pick<ReturnType<typeof openTab>, 'sentBy' | 'answer'>,
  given: Answer,
): Promise<Question> {
  await expect.poll(() => tab.sentBy().length).toBe(1);
  const [request] = tab.sentBy();
  if (request === undefined) throw new Error('a request was sent');
  tab.sentBy().length = 0;
  tab.answer(request, given);
  return request.question;
}

test('a command resolves to the reply of the machine', async () => {
  const tab = openTab('utf8');
  const desk = tab.store.machine(tickets, 'desk/1');
  const taking = desk.apply({ kind: 'take', person: 'Ann' });
  const ticket = { number: 1, person: 'Ann' };
  const question = await answerNext(tab, { kind: 'written', versionstamp, existed: false, reply: bytesOf(ticket) });
  expect(question).toMatchObject({
    kind: 'command',
    command: { operation: { kind: 'machine', machine: 'tickets', value: bytesOf({ kind: 'take', person: 'Ann' }) } },
  });
  expect(await taking).toEqual(ticket);
});

test('a command whose reply is undefined resolves to undefined', async () => {
  const tab = openTab('json');
  const silent = defineMachine({
    name: 'silent',
    initial: 0,
    apply: (count: number, by: number) => ({ state: count + by, reply: undefined }),
    read: (count: number, _question: null) => count,
  });
  const adding = tab.store.machine(silent, 'k').apply(2);
  await answerNext(tab, { kind: 'written', versionstamp, existed: true });
  expect(await adding).toBeUndefined();
});

test('a question resolves to the answer of the machine', async () => {
  const tab = openTab('json');
  const reading = tab.store.machine(tickets, 'desk/1').read({ kind: 'length' });
  const question = await answerNext(tab, { kind: 'machine-reply', reply: bytesOf(7) });
  expect(question).toMatchObject({ kind: 'machine-read', machine: 'tickets', question: bytesOf({ kind: 'length' }) });
  expect(await reading).toBe(7);
});

test('a refusal of the machine has no effect and is not repeated', async () => {
  const tab = openTab('json');
  const leaving = caught(tab.store.machine(tickets, 'desk/1').apply({ kind: 'leave', number: 9 }));
  const refusal = {
    kind: 'refusal',
    message: 'Ticket 9 does not wait.',
    herald: undefined,
    withoutEffect: true,
  } as const;
  await answerNext(tab, { ...refusal, code: 'COMMAND_REFUSED' });
  expect(await leaving).toMatchObject({ code: 'COMMAND_REFUSED', effect: 'none', message: 'Ticket 9 does not wait.' });
});

test.each(['none', 'unknown'])('a herald without the machine ends a command with the effect %s', async (effect) => {
  const tab = openTab('json');
  const taking = caught(tab.store.machine(tickets, 'desk/1').apply({ kind: 'take', person: 'Ann' }));
  const message = 'The herald has no machine "tickets".';
  const withoutEffect = effect === 'none';
  await answerNext(tab, { kind: 'refusal', code: 'UNKNOWN_MACHINE', message, herald: undefined, withoutEffect });
  expect(await taking).toMatchObject({ code: withoutEffect ? 'UNKNOWN_MACHINE' : 'OUTCOME_UNKNOWN', effect });
});

test('a command on another version fails with the current state', async () => {
  const tab = openTab('utf8');
  const taking = caught(tab.store.machine(tickets, 'desk/1').apply({ kind: 'serve' }, { ifVersion: null }));
  const state = { nextNumber: 2, waiting: [] };
  const question = await answerNext(tab, { kind: 'conflict', current: { value: bytesOf(state), versionstamp } });
  expect(question).toMatchObject({ command: { operation: { condition: { versionstamp: undefined } } } });
  const error = await taking;
  if (!(error instanceof ConflictError)) throw new Error('not a conflict', { cause: error });
  expect(error.current).toEqual({ key: 'desk/1', value: state, versionstamp: formatVersionstamp(versionstamp) });
});

test('arguments are checked before anything is sent', async () => {
  const { store, sentBy } = openTab('json');
  // @ts-expect-error -- no machine
  expect(() => store.machine({}, 'k')).toThrow('defineMachine');
  // @ts-expect-error -- no machine
  expect(() => store.machine(undefined, 'k')).toThrow('defineMachine');
  expect(() => store.machine(tickets, '')).toThrow('empty');
  // @ts-expect-error -- no JSON
  expect(await caught(store.machine(tickets, 'k').apply(undefined))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(sentBy()).toEqual([]);
});
