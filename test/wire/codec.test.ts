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
} from '../../src/wire/links/greeting-codec.ts';
import * as arbitrary from './arbitraries.ts';

/** Encodes and decodes whatever `values` makes. */
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

describe('what is encoded comes back the same:', () => {
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

test('a relayed frame has a hop less and is the same otherwise, until no hop is left', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      const relayed = encodeRelayed(decodeHeader(encodeFrame(frame)));
      const expected = frame.hopLimit === 0 ? undefined : encodeFrame({ ...frame, hopLimit: frame.hopLimit - 1 });
      expect(relayed).toEqual(expected);
    }),
  );
});

test('a header is read without looking into the body', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      const { header, body } = decodeHeader(encodeFrame(frame));
      expect({ ...header, body: decodeBody(body) }).toEqual(frame);
    }),
  );
});

test('a frame of another cluster is refused; one without a cluster passes', () => {
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
