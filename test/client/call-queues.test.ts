import { expect, test } from 'vitest';
import { CallQueues } from '../../src/client/call-queues.ts';
import { pendingCall } from '../../src/client/pending-calls.ts';
import { TIMES } from '../../src/wire/times.ts';
import { put } from './bench.ts';

test('a settled call leaves its queue if no order was known for it', () => {
  const queues = new CallQueues(TIMES.client);
  const call = pendingCall(1, put('k'), 0, TIMES.client);
  if (call.kind !== 'key') throw new Error('a call on a key');
  queues.wait(call, undefined);
  queues.leave(call);
  const kept: unknown[] = [];
  queues.distribute(new Set(), (waiting) => {
    kept.push(waiting);
    return undefined;
  });
  expect(kept).toEqual([]);
});
