import { expect, test } from 'vitest';
import type { TransportEvent } from '../../src/transport/contract.ts';
import { EventOutlet } from '../../src/transport/event-outlet.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';

const problem = (message: string): TransportEvent => ({
  kind: 'problem',
  error: new ShardbearerError('LINK_FAILED', message),
});

const textOf = (event: TransportEvent): string => (event.kind === 'problem' ? event.error.message : event.kind);

/** Waits until all microtasks have run. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test('events come in order in a later microtask, also those that a listener causes', async () => {
  const outlet = new EventOutlet();
  const heard: string[] = [];
  outlet.open((event) => {
    heard.push(textOf(event));
    if (textOf(event) === 'first') outlet.emit(problem('third'));
  });
  outlet.emit(problem('first'));
  outlet.emit(problem('second'));
  expect(heard).toEqual([]);
  await settled();
  expect(heard).toEqual(['first', 'second', 'third']);
});

test('after a listener threw, the remaining events still come, each once', async () => {
  const outlet = new EventOutlet();
  const heard: string[] = [];
  outlet.open((event) => {
    heard.push(textOf(event));
    if (textOf(event) === 'first') outlet.emit(problem('fourth'));
    if (textOf(event) !== 'second') return;
    throw new Error('the listener failed');
  });
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', note);
  try {
    for (const message of ['first', 'second', 'third']) outlet.emit(problem(message));
    await settled();
  } finally {
    process.removeListener('uncaughtException', note);
    for (const other of others) process.on('uncaughtException', other);
  }
  expect(heard).toEqual(['first', 'second', 'third', 'fourth']);
  expect(failures).toEqual([new Error('the listener failed')]);
});

test('a closed outlet delivers nothing, also of what was emitted before', async () => {
  const outlet = new EventOutlet();
  const heard: string[] = [];
  outlet.open((event) => heard.push(textOf(event)));
  outlet.emit(problem('before'));
  outlet.close();
  outlet.emit(problem('after'));
  await settled();
  expect(heard).toEqual([]);
});
