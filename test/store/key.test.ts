import generate from 'cluster-key-slot';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slotOfKey } from '../../src/store/key.ts';
import { bytes } from '../wire/arbitraries.ts';

const slotOf = (text: string) => slotOfKey(new TextEncoder().encode(text));

test.each([
  // CRC16 of "123456789" is 0x31C3 (Redis Cluster specification).
  ['123456789', 0x31c3],
  ['foo', 12182],
  ['bar', 5061],
  ['hello', 866],
  ['somekey', 11058],
  // Examples of hash tags from the specification.
  ['{user1000}.following', slotOf('user1000')],
  ['{user1000}.followers', slotOf('user1000')],
  ['foo{{bar}}zap', slotOf('{bar')],
  ['foo{bar}{zap}', slotOf('bar')],
  // An empty tag is ignored, so the whole key is hashed.
  ['foo{}{bar}', 8363],
  ['foo{bar', slotOf('foo{bar')],
])('the slot of %s is %i, as in Redis Cluster', (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});

test('arbitrary bytes have the slots of the public package wherever it agrees with Redis', () => {
  const brace = fc.constantFrom(0x7b, 0x7d);
  const octet = fc.oneof({ arbitrary: fc.integer({ min: 0, max: 255 }), weight: 6 }, { arbitrary: brace, weight: 1 });
  const key = fc.oneof(
    bytes(1, 100),
    fc.array(octet, { minLength: 1, maxLength: 20 }).map((octets) => Uint8Array.from(octets)),
  );
  fc.assert(
    fc.property(key, (octets) => {
      const opening = octets.indexOf(0x7b);
      fc.pre(opening === -1 || octets[opening + 1] !== 0x7d);
      expect(slotOfKey(octets)).toBe(generate(Buffer.from(octets)));
    }),
    { numRuns: 2_000 },
  );
});
