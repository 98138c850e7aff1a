import { expect, test } from 'vitest';
import { workerFrom } from '../../src/hosts/browser/worker-from.ts';

test.each([undefined, null, 'worker.js', {}, Promise.resolve()])('what is no worker is refused: %o', (made) => {
  expect(() => workerFrom(() => made)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});

test('a worker that could not be made has a code, and says why', () => {
  const cause = new DOMException('cannot be accessed from this origin', 'SecurityError');
  const make = () => {
    throw cause;
  };
  expect(() => workerFrom(make)).toThrow(expect.objectContaining({ code: 'WORKER_DIED', cause }));
  expect(() => workerFrom(make)).toThrow(/cannot be accessed from this origin/u);
});
