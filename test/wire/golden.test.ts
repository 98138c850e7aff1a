/**
 * Later builds must read the bytes that earlier builds wrote. A failure of these tests reveals an incompatible change.
 */
import { expect, test } from 'vitest';
import { bytesFromHex, hexFromBytes } from '../../src/wire/identifiers.ts';
import bytes from './golden-bytes.json' with { type: 'json' };
import { GOLDEN_MESSAGES } from './golden-messages.ts';

const recorded = new Map(Object.entries(bytes));

test('every recorded message has a value', () => {
  expect(GOLDEN_MESSAGES.map(({ name }) => name)).toEqual([...recorded.keys()]);
});

test.each(GOLDEN_MESSAGES)(
  'the recorded bytes are read and written the same: $name',
  ({ name, value, encode, decode }) => {
    const hex = recorded.get(name) ?? '';
    expect(hexFromBytes(encode())).toBe(hex);
    expect(decode(bytesFromHex(hex))).toEqual(value);
  },
);
