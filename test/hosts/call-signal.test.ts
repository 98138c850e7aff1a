import { expect, test } from 'vitest';
import { signalOf } from '../../src/hosts/call-signal.ts';

test('a call takes a signal or none', () => {
  const { signal } = new AbortController();
  expect(signalOf({ signal })).toBe(signal);
  expect(signalOf({})).toBeUndefined();
  expect(signalOf(undefined)).toBeUndefined();
});

test.each([{}, 'signal', 5, new AbortController()])(
  'what is no signal is refused before the call begins: %o',
  (wrong) => {
    const options = {};
    Reflect.set(options, 'signal', wrong);
    expect(() => signalOf(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  },
);
