import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c, seal, unseal } from '../../src/storage/checksum.ts';

const text = new TextEncoder();
const key = fc.stringMatching(/^[a-z0-9/-]{1,40}$/);

test('the checksum is CRC-32C, by its published check values', () => {
  // RFC 3720, B.4, and the check value of the catalogue of parametrised CRC algorithms.
  expect(crc32c(text.encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd794e);
});

test('what was sealed is unsealed unchanged, whatever buffer it lies in', () => {
  fc.assert(
    fc.property(key, fc.uint8Array({ maxLength: 200 }), fc.nat(7), (name, value, offset) => {
      const sealed = seal(name, value);
      const shifted = new Uint8Array(sealed.length + offset);
      shifted.set(sealed, offset);
      expect(unseal(name, shifted.subarray(offset))).toEqual(value);
    }),
  );
});

test('every flipped bit, every shortening and every swap of keys is noticed', () => {
  fc.assert(
    fc.property(key, key, fc.uint8Array({ maxLength: 60 }), fc.nat(), (name, other, value, seed) => {
      fc.pre(other !== name);
      const sealed = seal(name, value);
      const at = seed % sealed.length;
      const flipped = sealed.with(at, (sealed[at] ?? 0) ^ (1 << (seed % 8)));
      expect(() => unseal(name, flipped)).toThrow(expect.objectContaining({ code: 'STORAGE_LOST' }));
      expect(() => unseal(name, sealed.subarray(0, Math.min(at, 3)))).toThrow(/damaged/);
      expect(() => unseal(other, sealed)).toThrow(/damaged/);
    }),
  );
});
