import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeConfiguration, encodeConfiguration } from '../../src/wire/configuration/configuration-codec.ts';
import { decodeEntry, encodeEntry } from '../../src/wire/entries/entry-codec.ts';
import {
  checkCluster,
  decodeBody,
  decodeFrame,
  decodeHeader,
  encodeFrame,
  encodeRelayed,
} from '../../src/wire/frames/frame-codec.ts';
import {
  decodeGreeting,
  decodeGreetingAnswer,
  encodeGreeting,
  encodeGreetingAnswer,
} from '../../src/wire/links/greeting.ts';
import * as arbitrary from './arbitraries.ts';

/** Field number of the bondsmith in the message Configuration of shardbearer.proto. */
const BONDSMITH_FIELD = 14;
const UNKNOWN_FIELD = 99;

/** Checks that every generated value stays equal when it is encoded and decoded. */
function checkRoundTrip<Value>(
  values: fc.Arbitrary<Value>,
  encode: (value: Value) => Uint8Array,
  decode: (bytes: Uint8Array) => Value,
): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(decode(encode(value))).toEqual(value);
    }),
  );
}

describe('encoding and decoding returns the same value:', () => {
  test('frames', () => {
    checkRoundTrip(arbitrary.frame, encodeFrame, decodeFrame);
  });

  test('log entries', () => {
    checkRoundTrip(arbitrary.entry, encodeEntry, decodeEntry);
  });

  test('configurations', () => {
    checkRoundTrip(arbitrary.configuration, encodeConfiguration, decodeConfiguration);
  });

  test('greetings', () => {
    checkRoundTrip(arbitrary.greeting, encodeGreeting, decodeGreeting);
  });

  test('answers to greetings', () => {
    checkRoundTrip(arbitrary.greetingAnswer, encodeGreetingAnswer, decodeGreetingAnswer);
  });
});

/** Returns the encoded message without one of its fields. All fields must be varints or have a length. */
function withoutField(message: Uint8Array, field: number): Uint8Array {
  const kept: number[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const length = varint();
    if (tag % 8 === 2) at += length;
    if (Math.floor(tag / 8) !== field) kept.push(...message.subarray(start, at));
  }
  return Uint8Array.from(kept);
}

test('a configuration without a bondsmith is malformed', () => {
  fc.assert(
    fc.property(arbitrary.configuration, (configuration) => {
      const bytes = encodeConfiguration(configuration);
      expect(decodeConfiguration(withoutField(bytes, UNKNOWN_FIELD))).toEqual(configuration);
      expect(() => decodeConfiguration(withoutField(bytes, BONDSMITH_FIELD))).toThrow(
        expect.objectContaining({ code: 'FRAME_MALFORMED' }),
      );
    }),
  );
});

test('a relay removes one hop and changes nothing else, until no hop is left', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      const relayed = encodeRelayed(decodeHeader(encodeFrame(frame)));
      const expected = frame.hopLimit === 0 ? undefined : encodeFrame({ ...frame, hopLimit: frame.hopLimit - 1 });
      expect(relayed).toEqual(expected);
    }),
  );
});

test('a header is decoded without the body', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      const { header, body } = decodeHeader(encodeFrame(frame));
      expect({ ...header, body: decodeBody(body) }).toEqual(frame);
    }),
  );
});

test('a frame of another cluster is refused, and one without a cluster passes', () => {
  fc.assert(
    fc.property(arbitrary.frame, arbitrary.id, arbitrary.id, (frame, own, other) => {
      fc.pre(own !== other);
      expect(() => checkCluster({ ...frame, cluster: undefined }, own)).not.toThrow();
      expect(() => checkCluster({ ...frame, cluster: own }, own)).not.toThrow();
      expect(() => checkCluster({ ...frame, cluster: other }, undefined)).not.toThrow();
      expect(() => checkCluster({ ...frame, cluster: other }, own)).toThrow(
        expect.objectContaining({ code: 'FRAME_OF_OTHER_CLUSTER' }),
      );
    }),
  );
});
