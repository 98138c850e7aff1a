import { expect, test } from 'vitest';
import { leaveTimeoutOf, readyTimeoutOf, signalOf } from '../../src/hosts/arguments.ts';
import { TIMES } from '../../src/wire/times.ts';

test('a call takes a signal or none', () => {
  const { signal } = new AbortController();
  expect(signalOf({ signal })).toBe(signal);
  expect(signalOf({})).toBeUndefined();
  expect(signalOf(undefined)).toBeUndefined();
});

test.each([{}, 'signal', 5, new AbortController()])(
  'an invalid signal is rejected before the call begins: %o',
  (wrong) => {
    const options = {};
    Reflect.set(options, 'signal', wrong);
    expect(() => signalOf(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  },
);

test('an argument that is not an options object is rejected', () => {
  const { signal } = new AbortController();
  for (const wrong of [5, '5', null, true, [], [{ timeoutMs: 5 }], 5n, Symbol('options'), () => undefined, signal]) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
    const options = wrong as never;
    expect(() => signalOf(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => leaveTimeoutOf(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
});

test('leave() takes a positive time-out or an unlimited one', () => {
  expect(leaveTimeoutOf(undefined)).toBe(TIMES.membership.leaveTimeoutMs);
  expect(leaveTimeoutOf({ timeoutMs: 5 })).toBe(5);
  expect(leaveTimeoutOf({ timeoutMs: Number.POSITIVE_INFINITY })).toBe(Number.POSITIVE_INFINITY);
  for (const timeoutMs of [0, -1, Number.NaN]) {
    expect(() => leaveTimeoutOf({ timeoutMs })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => readyTimeoutOf({ timeoutMs })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
});

test('waiting until the store is ready has no end by default', () => {
  expect(readyTimeoutOf(undefined)).toBe(Number.POSITIVE_INFINITY);
  expect(readyTimeoutOf({ timeoutMs: 5 })).toBe(5);
});
