import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seal, unseal } from '../../src/storage/sealed-records.ts';

const key = fc.stringMatching(/^[a-z0-9/-]{1,40}$/);

test('a sealed value is unsealed unchanged from any buffer', () => {
  fc.assert(
    fc.property(key, fc.uint8Array({ maxLength: 200 }), fc.nat(7), (name, value, offset) => {
      const sealed = seal(name, value);
      const shifted = new Uint8Array(sealed.length + offset);
      shifted.set(sealed, offset);
      expect(unseal(name, shifted.subarray(offset))).toEqual(value);
    }),
  );
});

test('every flipped bit, truncation and swap of keys is detected', () => {
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
