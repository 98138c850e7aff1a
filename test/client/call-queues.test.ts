import { expect, test } from 'vitest';
import { CallQueues } from '../../src/client/call-queues.ts';
import type { CallNumber } from '../../src/client/contract.ts';
import { pendingCall } from '../../src/client/pending-call.ts';
import { TIMES } from '../../src/wire/times.ts';
import { put } from './bench.ts';

test('a settled call leaves its queue if no order was known for it', () => {
  const queues = new CallQueues(TIMES.client);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a test numbers its calls itself
  const call = pendingCall(1 as CallNumber, put('k'), 0, TIMES.client);
  if (call.kind !== 'key') throw new Error('a call on a key');
  queues.add(call, undefined);
  queues.leave(call);
  const kept: unknown[] = [];
  queues.distribute(new Set(), (waiting) => {
    kept.push(waiting);
    return undefined;
  });
  expect(kept).toEqual([]);
});
