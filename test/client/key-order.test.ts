import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Call } from '../../src/client/contract.ts';
import type { PendingKeyCall } from '../../src/client/pending-call.ts';
import { KeyOrder } from '../../src/client/key-order.ts';
import { pendingCall } from '../../src/client/pending-calls.ts';
import { TIMES } from '../../src/wire/times.ts';
import { get, put } from './bench.ts';

const keyCall = (number: number, call: Call): PendingKeyCall => {
  const pending = pendingCall(number, call, 0, TIMES.client);
  if (pending.kind !== 'key') throw new Error('a call on a key');
  return pending;
};

/**
 * Whether the call may start. A write waits for all earlier calls on its key, and a read waits for the earlier writes.
 */
function mayStart(open: readonly PendingKeyCall[], call: PendingKeyCall): boolean {
  const before = open.slice(0, open.indexOf(call));
  return call.call.kind === 'write' ? before.length === 0 : before.every((other) => other.call.kind === 'get');
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), isWrite: fc.boolean() }),
  fc.record({ kind: fc.constant('settle' as const), at: fc.nat() }),
);

test('each call is released once, as soon as no earlier call on its key blocks it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const order = new KeyOrder();
      const started = new Set<PendingKeyCall>();
      let open: PendingKeyCall[] = [];
      const start = (call: PendingKeyCall) => {
        expect(started.has(call)).toBe(false);
        started.add(call);
      };
      for (const [number, one] of steps.entries()) {
        if (one.kind === 'add') {
          const call = keyCall(number + 1, one.isWrite ? put('key') : get('key'));
          open.push(call);
          if (order.add(call)) start(call);
        } else if (open.length > 0) {
          const settled = open[one.at % open.length];
          if (settled === undefined) throw new Error('one of those that are open');
          settled.state = 'settled';
          open = open.filter((call) => call !== settled);
          for (const call of order.remove(settled)) if (call.kind === 'key') start(call);
        }
        expect(open.filter((call) => started.has(call))).toEqual(open.filter((call) => mayStart(open, call)));
      }
    }),
  );
});
