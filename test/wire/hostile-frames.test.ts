import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEntry, encodeEntry } from '../../src/wire/entries/entry-codec.ts';
import { decodeBody, decodeFrame, decodeHeader, encodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { hexFromBytes } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { ENTRY_SCHEMA_VERSION } from '../../src/wire/versions.ts';
import * as arbitrary from './arbitraries.ts';
import { contentOf, damaged, errorOf, FUZZ_RUNS, hostileFrame, isNoneOrTyped, sealFrame } from './frame-mutation.ts';

const LONG = 240_000;

test(
  'random and damaged frames end in a typed error or a whole frame, never in another error',
  () => {
    fc.assert(
      fc.property(hostileFrame, (bytes) => {
        const before = hexFromBytes(bytes);
        expect(errorOf(() => decodeFrame(bytes))).toSatisfy(isNoneOrTyped);
        expect(errorOf(() => decodeBody(bytes))).toSatisfy(isNoneOrTyped);
        expect(hexFromBytes(bytes)).toBe(before);
      }),
      { numRuns: FUZZ_RUNS },
    );
  },
  LONG,
);

test(
  'a frame that was decoded from damaged bytes can be encoded and decoded again',
  () => {
    fc.assert(
      fc.property(hostileFrame, (bytes) => {
        fc.pre(errorOf(() => decodeFrame(bytes)) === undefined);
        const frame = decodeFrame(bytes);
        expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
      }),
      { numRuns: Math.ceil(FUZZ_RUNS / 100), maxSkipsPerRun: 1_000 },
    );
  },
  LONG,
);

test(
  'damaged log entries end in a typed error or a whole entry',
  () => {
    fc.assert(
      fc.property(damaged(arbitrary.entry.map(encodeEntry)), (bytes) => {
        expect(errorOf(() => decodeEntry(bytes))).toSatisfy(isNoneOrTyped);
      }),
      { numRuns: Math.ceil(FUZZ_RUNS / 4) },
    );
  },
  LONG,
);

test('an entry of a newer schema is refused, since replicas would apply different parts of it', () => {
  fc.assert(
    fc.property(arbitrary.entry, (entry) => {
      // The schema version of an entry is its field 1, and comes first.
      const bytes = encodeEntry(entry).with(1, ENTRY_SCHEMA_VERSION + 1);
      expect(() => decodeEntry(bytes)).toThrow(expect.objectContaining({ code: 'VERSION_UNSUPPORTED' }));
    }),
  );
});

test('a frame above the limit is refused before it is decoded', () => {
  expect(() => decodeHeader(new Uint8Array(LIMITS.messages.frameBytes + 1))).toThrow(
    expect.objectContaining({ code: 'FRAME_TOO_LARGE' }),
  );
});

test('fields of a newer build are skipped', () => {
  fc.assert(
    fc.property(arbitrary.frame, arbitrary.bytes(0, 100), (frame, added) => {
      // The tag of an unknown field with number 1,000, and the length of its content.
      const field = Uint8Array.from([0xc2, 0x3e, added.length, ...added]);
      const bytes = Uint8Array.from([...contentOf(encodeFrame(frame)), ...field]);
      expect(decodeFrame(sealFrame(bytes))).toEqual(frame);
    }),
  );
});
