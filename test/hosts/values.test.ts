import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeKey, encodingOf } from '../../src/hosts/values.ts';

const [json, utf8, bytes] = (['json', 'utf8', 'bytes'] as const).map(encodingOf);
if (json === undefined || utf8 === undefined || bytes === undefined) throw new Error('there are three encodings');
const INVALID: unknown = expect.objectContaining({ code: 'INVALID_ARGUMENT' });

test('every text is read back unchanged, including byte order marks', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(utf8.decode(utf8.encode(text))).toBe(text);
    }),
  );
  expect(utf8.decode(utf8.encode('\uFEFFmarked'))).toBe('\uFEFFmarked');
});

test('a text that is not a text, or has no form in UTF-8, is refused rather than changed', () => {
  expect(() => utf8.encode('half \uD83D')).toThrow(INVALID);
  expect(() => utf8.encode(7)).toThrow(INVALID);
  expect(() => utf8.decode(Uint8Array.of(0xff))).toThrow(INVALID);
});

test('every JSON value is read back unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(json.decode(json.encode(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  const date = new Date(0);
  expect(json.decode(json.encode({ title: 'milk', done: undefined, at: date }))).toEqual({
    title: 'milk',
    at: date.toISOString(),
  });
});

test.each([
  ['undefined', undefined],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a bigint', { deep: [1n] }],
  ['not a number', [Number.NaN]],
  ['an infinite number', Number.POSITIVE_INFINITY],
  ['a hole of a list', [undefined]],
  ['a map', { deep: new Map([[1, 2]]) }],
  ['a set', new Set([1])],
  ['bytes', Uint8Array.of(1)],
])('%s is refused as JSON rather than changed', (_name, value) => {
  expect(() => json.encode(value)).toThrow(INVALID);
});

test('a cycle is refused as JSON, and stored bytes that are no JSON are refused', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  expect(() => json.encode(cycle)).toThrow(INVALID);
  expect(() => json.decode(Uint8Array.of(0x7b))).toThrow(INVALID);
  expect(() => json.decode(Uint8Array.of(0xff))).toThrow(INVALID);
});

test.each([
  ['a Uint8Array', () => Uint8Array.of(1, 2, 3)],
  ['a Buffer', () => Buffer.of(1, 2, 3)],
  ['a part of another array', () => Uint8Array.of(0, 1, 2, 3, 0).subarray(1, 4)],
])('%s is copied: the caller can write into it while the call is under way', (_name, make) => {
  for (const copy of [(given: Uint8Array) => bytes.encode(given), encodeKey]) {
    const mine = make();
    const taken = copy(mine);
    mine.fill(0);
    expect(taken).toEqual(Uint8Array.of(1, 2, 3));
    expect(taken.buffer.byteLength, 'nothing else crosses to the worker').toBe(3);
  }
});

test('a codec converts values, and its errors and wrong results have a code', () => {
  const codec = encodingOf({
    name: 'days',
    encode: (days: number) => Uint8Array.of(days),
    decode: ([days]: Uint8Array) => days,
  });
  expect(codec.decode(codec.encode(7))).toBe(7);
  const broken = encodingOf({
    name: 'broken',
    encode: (value: unknown) => value,
    decode: () => {
      throw new RangeError('no such day');
    },
  });
  expect(() => broken.encode('text')).toThrow(INVALID);
  expect(() => broken.decode(Uint8Array.of(1))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  for (const wrong of ['text', 7, null, {}, { name: 'x' }, { name: 1, encode: String, decode: String }]) {
    expect(() => encodingOf(wrong)).toThrow(INVALID);
  }
});

test('a key is text or bytes, and never empty text', () => {
  expect(encodeKey('ä')).toEqual(Uint8Array.of(0xc3, 0xa4));
  for (const wrong of ['', 'half \uD83D', 7, undefined, null, ['k']]) {
    expect(() => encodeKey(wrong)).toThrow(INVALID);
  }
});
