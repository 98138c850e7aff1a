import { expect, test } from 'vitest';
import { crc32c } from '../../src/wire/crc32c.ts';

const text = new TextEncoder();

test('the checksum equals the published check values of CRC-32C', () => {
  // The values are from RFC 3720, B.4, and from the catalogue of parametrised CRC algorithms.
  expect(crc32c(text.encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd794e);
});

test('a checksum continues the checksum of the bytes before', () => {
  const bytes = text.encode('a text of twenty-five byte');
  for (let at = 0; at <= bytes.length; at++) {
    expect(crc32c(bytes, at, crc32c(bytes.subarray(0, at)))).toBe(crc32c(bytes));
  }
});
