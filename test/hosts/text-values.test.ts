import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteValues, encodeKey, textValues } from '../../src/hosts/text-values.ts';

test('every text is read back unchanged, including byte order marks', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(textValues.decode(textValues.encode(text))).toBe(text);
    }),
  );
  expect(textValues.decode(textValues.encode('\uFEFFmarked'))).toBe('\uFEFFmarked');
});

test('a value that is not a text, or has no form in UTF-8, is refused rather than changed', () => {
  expect(() => textValues.encode('half \uD83D')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  // @ts-expect-error -- as a caller without types does it
  expect(() => textValues.encode(7)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  expect(() => textValues.decode(Uint8Array.of(0xff))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  expect(() => encodeKey('')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});

test.each([
  ['a Uint8Array', Uint8Array.of(1, 2, 3)],
  ['a Buffer', Buffer.of(1, 2, 3)],
  ['a part of another array', Uint8Array.of(0, 1, 2, 3, 0).subarray(1, 4)],
])('%s is copied: the caller can write into it while the call is under way', (_name, mine) => {
  const taken = byteValues.encode(mine);
  mine.fill(0);
  expect(taken).toEqual(Uint8Array.of(1, 2, 3));
  expect(taken.buffer.byteLength, 'nothing else crosses to the worker').toBe(3);
});
