import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesFromHex, hexFromBytes, parseId, parseRoomName, type RadiantId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import {
  type MemberMessage,
  RENDEZVOUS_VERSION,
  type RendezvousRefusal,
  type RoomMember,
  type ServerMessage,
} from '../../src/wire/rendezvous.ts';
import {
  decodeMemberMessage,
  decodeServerMessage,
  encodeMemberMessage,
  encodeServerMessage,
} from '../../src/wire/rendezvous-codec.ts';
import * as arbitrary from './arbitraries.ts';
import { damaged, errorOf, FUZZ_RUNS, isNoneOrTyped } from './frame-mutation.ts';

const room = arbitrary.bytes(32, 32).map((bytes) => parseRoomName(hexFromBytes(bytes)));
const member: fc.Arbitrary<RoomMember> = fc.record({
  id: arbitrary.id,
  kind: fc.constantFrom<RoomMember['kind']>('radiant', 'client'),
});
const sealed = arbitrary.bytes(1, 200);
const number = fc.nat(0xffff_ffff);
const orAbsent = (text: fc.Arbitrary<string>) => fc.option(text, { nil: undefined });
const text = fc.string({ minLength: 1, maxLength: 40 });

const memberMessage: fc.Arbitrary<MemberMessage> = fc.oneof(
  fc.record({ kind: fc.constant('join' as const), version: fc.constant(RENDEZVOUS_VERSION), room, member }),
  fc.record({ kind: fc.constant('signal' as const), to: arbitrary.id, sealed }),
  fc.record({ kind: fc.constant('ping' as const), number }),
);
const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('welcome' as const),
    neighbours: fc.array(member, { maxLength: 8 }),
    iceServers: fc.array(
      fc.record({ urls: fc.array(text, { maxLength: 3 }), username: orAbsent(text), credential: orAbsent(text) }),
      { maxLength: 3 },
    ),
  }),
  fc.record({ kind: fc.constant('forwarded' as const), from: arbitrary.id, sealed }),
  fc.record({ kind: fc.constant('member-left' as const), member: arbitrary.id }),
  fc.record({
    kind: fc.constant('refused' as const),
    code: fc.constantFrom<RendezvousRefusal>('malformed', 'room-full', 'too-fast', 'unknown-member', 'shutting-down'),
    message: fc.string(),
    member: fc.option(arbitrary.id, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('pong' as const), number }),
);

test('encoding and decoding a signaling message returns the same message', () => {
  fc.assert(
    fc.property(memberMessage, serverMessage, (fromMember, fromServer) => {
      expect(decodeMemberMessage(encodeMemberMessage(fromMember))).toEqual(fromMember);
      expect(decodeServerMessage(encodeServerMessage(fromServer))).toEqual(fromServer);
    }),
  );
});

test('each side refuses messages of its own side', () => {
  fc.assert(
    fc.property(memberMessage, serverMessage, (fromMember, fromServer) => {
      expect(() => decodeServerMessage(encodeMemberMessage(fromMember))).toThrow(
        expect.objectContaining({ code: 'FRAME_MALFORMED' }),
      );
      expect(() => decodeMemberMessage(encodeServerMessage(fromServer))).toThrow(
        expect.objectContaining({ code: 'FRAME_MALFORMED' }),
      );
    }),
  );
});

test('a damaged message ends in a typed error or a whole message, on both sides', () => {
  const bytes = fc.oneof(
    damaged(memberMessage.map(encodeMemberMessage)),
    damaged(serverMessage.map(encodeServerMessage)),
    arbitrary.bytes(0, 200),
  );
  fc.assert(
    fc.property(bytes, (message) => {
      expect(errorOf(() => decodeMemberMessage(message))).toSatisfy(isNoneOrTyped);
      expect(errorOf(() => decodeServerMessage(message))).toSatisfy(isNoneOrTyped);
    }),
    { numRuns: Math.ceil(FUZZ_RUNS / 10) },
  );
});

test('a join with another rendezvous version is refused as VERSION_UNSUPPORTED', () => {
  // The bytes encode `join { protocol_version: 2 }`.
  expect(() => decodeMemberMessage(Uint8Array.from([0x0a, 0x02, 0x08, 0x02]))).toThrow(
    expect.objectContaining({ code: 'VERSION_UNSUPPORTED' }),
  );
});

test('the largest signal fits into a message, and a larger one is refused', () => {
  const to = parseId<RadiantId>('0f'.repeat(16));
  const message = encodeMemberMessage({ kind: 'signal', to, sealed: new Uint8Array(LIMITS.links.sealedBytes) });
  expect(decodeMemberMessage(message)).toMatchObject({ kind: 'signal' });
  expect(() =>
    encodeMemberMessage({ kind: 'signal', to, sealed: new Uint8Array(LIMITS.signaling.signalingMessageBytes) }),
  ).toThrow(expect.objectContaining({ code: 'FRAME_TOO_LARGE' }));
});

test('the name of a room has 64 hexadecimal digits', () => {
  const name = 'ab'.repeat(32);
  expect(hexFromBytes(bytesFromHex(parseRoomName(name)))).toBe(name);
  for (const wrong of ['', 'ab', name.toUpperCase(), `${name}ab`, 'xy'.repeat(32)]) {
    expect(() => parseRoomName(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
});
