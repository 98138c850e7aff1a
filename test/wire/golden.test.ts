/**
 * Later builds must read the bytes that earlier builds wrote. A failure of these tests reveals an incompatible change.
 */
import { expect, test } from 'vitest';
import { bytesFromHex, hexFromBytes } from '../../src/wire/identifiers.ts';
import { decodeStateChunk } from '../../src/wire/records/state-chunk-codec.ts';
import bytes from './golden-bytes.json' with { type: 'json' };
import { GOLDEN_MESSAGES } from './golden-messages.ts';

const recorded = new Map(Object.entries(bytes));

/** A chunk of a state in schema version 3. This build writes version 4 and still reads version 3. */
const CHUNK_OF_VERSION_3 =
  '0a110a0f08031001185a20fbd095ffbc3128280a047a0208090a0d220b086510ffffffffffffff0f0a0b32091003180120ac022801';

test('a state of an earlier version is read', () => {
  expect(decodeStateChunk(bytesFromHex(CHUNK_OF_VERSION_3)).map(({ kind }) => kind)).toEqual([
    'head',
    'admission',
    'slot',
    'written',
  ]);
});

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
