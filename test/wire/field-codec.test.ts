import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBody } from '../../src/wire/body-codec.ts';
import { encodeConsensusBody } from '../../src/wire/consensus-codec.ts';
import { encodeFrame } from '../../src/wire/frame-codec.ts';
import { unsealFrame } from '../../src/wire/frame-seal.ts';
import { BodySchema, FrameSchema } from '../../src/wire/generated/shardbearer_pb.ts';
import { hexFromBytes } from '../../src/wire/identifiers.ts';
import * as arbitrary from './arbitraries.ts';

const hexOrAbsent = (bytes: Uint8Array) => (bytes.length === 0 ? undefined : hexFromBytes(bytes));

test('frames that are written field by field are what the generated code reads and writes', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      const bytes = unsealFrame(encodeFrame(frame));
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
      const bytes = encodeConsensusBody(body);
      const message = fromBinary(BodySchema, bytes);
      const { from, to, flushed } = body;
      const expected = create(BodySchema, {
        kind: {
          case: 'consensus',
          value: {
            fromReplica: BigInt(from),
            toReplica: BigInt(to),
            message: body.message,
            flushed: { era: BigInt(flushed.era), index: BigInt(flushed.index), settled: BigInt(flushed.settled) },
          },
        },
      });
      expect(message).toEqual(expected);
      expect(hexFromBytes(toBinary(BodySchema, message))).toBe(hexFromBytes(bytes));
    }),
  );
});

test('a consensus body is read the same behind a field that this build does not know', () => {
  fc.assert(
    fc.property(arbitrary.consensusBody, (body) => {
      // Field 1,000, an empty one.
      const bytes = Uint8Array.from([0xc2, 0x3e, 0, ...encodeConsensusBody(body)]);
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
