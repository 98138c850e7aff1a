import { expect, test } from 'vitest';
import { InvariantError, ShardbearerError, StorageLostError } from '../../src/wire/errors.ts';
import { PLATFORM_CALLS, type PlatformCall, platformError, unexpectedError } from '../../src/wire/platform-error.ts';

const CALLS = Object.keys(PLATFORM_CALLS).filter((name): name is PlatformCall => name in PLATFORM_CALLS);

test.each(CALLS)('no exception of %s becomes INVARIANT_BROKEN, and each names the call and its cause', (call) => {
  const { codes, otherwise } = PLATFORM_CALLS[call];
  for (const [key, code] of [...Object.entries<string>(codes), ['FutureError', otherwise] as const]) {
    const [name = '', note] = key.split(' ');
    const cause = new DOMException(note === undefined ? 'it broke' : 'permission denied', name);
    const error = platformError(call, cause);
    expect(error).toMatchObject({ code, cause });
    expect(error.code).not.toBe('INVARIANT_BROKEN');
    expect(error.message).toContain(`${call} failed (${name}: `);
  }
});

test('an error of this library passes unchanged', () => {
  for (const error of [new InvariantError('x'), new ShardbearerError('STORAGE_FULL', 'x')]) {
    expect(platformError('postMessage', error)).toBe(error);
    expect(unexpectedError(error)).toBe(error);
  }
});

test('a missing file of the database becomes STORAGE_LOST, which retires the identity', () => {
  const error = platformError('IDBDatabase.transaction', new DOMException('gone', 'NotReadableError'));
  expect(error).toBeInstanceOf(StorageLostError);
});

test('an exception of another frame is recognized by its shape', () => {
  const error = platformError('navigator.locks.request', { name: 'SecurityError', message: 'The request was denied.' });
  expect(error).toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message:
      'navigator.locks.request failed (SecurityError: The request was denied). ' +
      'This browser keeps no data for this site. Allow site data, or leave private mode.',
  });
});

test('every thrown value has a text', () => {
  for (const thrown of [undefined, null, 7, Symbol('x'), 'text', {}, Object.create(null), new Error('')]) {
    expect(unexpectedError(thrown).code).toBe('PLATFORM_FAILED');
  }
});
