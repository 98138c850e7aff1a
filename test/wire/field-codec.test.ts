import { create, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBody, encodeBody } from '../../src/wire/frames/body-codec.ts';
import { encodeEntry } from '../../src/wire/entries/entry-codec.ts';
import { FieldReader, FieldWriter } from '../../src/wire/field-codec.ts';
import { encodeFrame } from '../../src/wire/frames/frame-codec.ts';
import {
  BodySchema,
  EntrySchema,
  FrameSchema,
  LogRecordSchema,
  SeenRecordSchema,
} from '../../src/wire/generated/shardbearer_pb.ts';
import { asLogIndex, hexFromBytes } from '../../src/wire/identifiers.ts';
import { encodeLogRecord, encodeSeenRecord } from '../../src/wire/records/record-codec.ts';
import * as arbitrary from './arbitraries.ts';
import { contentOf } from './frame-mutation.ts';

const hexOrAbsent = (bytes: Uint8Array) => (bytes.length === 0 ? undefined : hexFromBytes(bytes));

test('frames that are written field by field are what the generated code reads and writes', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      const bytes = contentOf(encodeFrame(frame));
      const message = fromBinary(FrameSchema, bytes);
      const { cluster, sender, senderBoot, receiver, receiverBoot, group, hopLimit, urgent, body } = message;
      expect({
        cluster: hexOrAbsent(cluster),
        sender: hexFromBytes(sender),
        senderBoot: hexFromBytes(senderBoot),
        receiver: hexFromBytes(receiver),
        receiverBoot: hexOrAbsent(receiverBoot),
        group: hexOrAbsent(group),
        hopLimit,
        urgent,
        body: decodeBody(body),
      }).toEqual(frame);
      expect(hexFromBytes(toBinary(FrameSchema, message))).toBe(hexFromBytes(bytes));
    }),
  );
});

test('consensus bodies that are written field by field are what the generated code reads and writes', () => {
  fc.assert(
    fc.property(arbitrary.consensusBody, (body) => {
      const bytes = encodeBody(body);
      const message = fromBinary(BodySchema, bytes);
      const { from, to, flushed } = body;
      const expected = create(BodySchema, {
        kind: {
          case: 'consensus',
          value: {
            fromReplica: BigInt(from),
            toReplica: BigInt(to),
            message: body.message,
            flushed: {
              voteEpoch: BigInt(flushed.voteEpoch),
              index: BigInt(flushed.index),
              committedIndex: BigInt(flushed.committedIndex),
            },
          },
        },
      });
      expect(message).toEqual(expected);
      expect(hexFromBytes(toBinary(BodySchema, message))).toBe(hexFromBytes(bytes));
    }),
  );
});

/** Nothing that was written is unknown to the schema, lies in another order, or is written where it is the default. */
function isCanonical<Description extends DescMessage>(schema: Description, bytes: Uint8Array): void {
  const message = fromBinary(schema, bytes);
  expect(message.$unknown ?? []).toEqual([]);
  expect(hexFromBytes(toBinary(schema, message))).toBe(hexFromBytes(bytes));
}

test('bodies, entries and records that are written field by field are what the generated code reads and writes', () => {
  fc.assert(fc.property(arbitrary.frame, ({ body }) => isCanonical(BodySchema, encodeBody(body))));
  fc.assert(fc.property(arbitrary.entry, (entry) => isCanonical(EntrySchema, encodeEntry(entry))));
  const seen = fc.array(arbitrary.seenReplica, { maxLength: 20 });
  fc.assert(fc.property(seen, (all) => isCanonical(SeenRecordSchema, encodeSeenRecord({ seen: all }))));
  const entries = fc.array(arbitrary.bytes(0, 300), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(entries, (all) => {
      const bytes = encodeLogRecord({ firstIndex: asLogIndex(7), entries: all });
      isCanonical(LogRecordSchema, bytes);
      expect(fromBinary(LogRecordSchema, bytes).entries).toEqual(all);
    }),
  );
});

test('a submessage is as long as it says, also where its length takes several bytes', () => {
  const writer = new FieldWriter();
  for (const size of [0, 1, 125, 126, 127, 128, 129, 16_383, 16_384, 16_390, 70_000]) {
    writer.nested(1, (inner, value) => inner.element(2, value), new Uint8Array(size).fill(7));
    writer.number(3, size + 1);
    const reader = new FieldReader(writer.take());
    expect(reader.next()).toBe(1);
    const inner = reader.message((nested) => {
      expect(nested.next()).toBe(2);
      return nested.bytes();
    });
    expect(inner).toEqual(new Uint8Array(size).fill(7));
    expect([reader.next(), reader.number(), reader.next()]).toEqual([3, size + 1, 0]);
  }
});

test('a consensus body is read the same behind a field that this build does not know', () => {
  fc.assert(
    fc.property(arbitrary.consensusBody, (body) => {
      // Field 1,000, an empty one.
      const bytes = Uint8Array.from([0xc2, 0x3e, 0, ...encodeBody(body)]);
      expect(decodeBody(bytes)).toEqual(body);
    }),
  );
});

test('a message that cannot be written leaves nothing behind in front of the next', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      const bytes = hexFromBytes(encodeFrame(frame));
      expect(() => encodeFrame({ ...frame, hopLimit: -1 })).toThrow(
        expect.objectContaining({ code: 'INVARIANT_BROKEN' }),
      );
      expect(hexFromBytes(encodeFrame(frame))).toBe(bytes);
    }),
  );
});

test('what was handed out stays as it is while more is written, also where a submessage uses the buffer up', () => {
  const [pooled, plain] = [new FieldWriter(64), new FieldWriter()];
  const write = (writer: FieldWriter, length: number): void => {
    writer.nested(1, (inner, size: number) => inner.bytes(2, new Uint8Array(size).fill(size)), length);
  };
  const lengths = Array.from({ length: 200 }, (_, at) => at);
  const handedOut = lengths.map((length) => {
    write(pooled, length);
    return pooled.handOut();
  });
  const taken = lengths.map((length) => {
    write(plain, length);
    return plain.take();
  });
  expect(handedOut).toEqual(taken);
});

test('a large message lies alone in its buffer: no later one keeps it in memory', () => {
  const writer = new FieldWriter(64);
  const write = (length: number): Uint8Array => {
    writer.bytes(1, new Uint8Array(length).fill(length));
    return writer.handOut();
  };
  const small = write(10);
  const large = write(1_000_000);
  const next = write(10);
  expect(next).toEqual(small);
  expect(large.buffer.byteLength).toBeLessThan(1.1 * large.length);
  expect(next.buffer.byteLength).toBe(64);
});
