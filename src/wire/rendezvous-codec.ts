/** Encodes, decodes and checks the messages between radiants and the signaling server. */
import { bounded, boundedBytes, boundedText, malformed, missing } from './decoding.ts';
import { ShardbearerError } from './errors.ts';
import { decodeMessage } from './field-reader.ts';
import { encodeMessage } from './field-writer.ts';
import {
  type Join as JoinMessage,
  readRendezvousMessage,
  type Refused,
  type RendezvousMessage,
  type Welcome,
  writeRendezvousMessage,
} from './generated/rendezvous.ts';
import { bytesFromHex, hexFromBytes, parseRoomName, ROOM_BYTES } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import {
  type Join,
  type MemberMessage,
  RENDEZVOUS_VERSION,
  type RendezvousRefusal,
  type ServerMessage,
} from './rendezvous.ts';

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.signaling.signalingMessageBytes` */
export function encodeMemberMessage(message: MemberMessage): Uint8Array {
  return encode(message.kind === 'join' ? { ...message, room: bytesFromHex(message.room) } : message);
}

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.signaling.signalingMessageBytes` */
export function encodeServerMessage(message: ServerMessage): Uint8Array {
  if (message.kind !== 'refused') return encode(message);
  return encode({ ...message, message: message.message.slice(0, LIMITS.messages.refusalCharacters) });
}

/**
 * Decodes a message from a member to the server.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`, `VERSION_UNSUPPORTED`
 */
export function decodeMemberMessage(bytes: Uint8Array): MemberMessage {
  return decode(bytes, memberFromMessage);
}

/**
 * Decodes a message from the server.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  return decode(bytes, serverFromMessage);
}

function encode(message: RendezvousMessage): Uint8Array {
  const bytes = encodeMessage(writeRendezvousMessage, message);
  if (bytes.length > LIMITS.signaling.signalingMessageBytes) {
    throw new ShardbearerError(
      'FRAME_TOO_LARGE',
      `A signaling message has ${bytes.length} bytes; the limit is ${LIMITS.signaling.signalingMessageBytes}.`,
    );
  }
  return bytes;
}

function decode<Value>(bytes: Uint8Array, check: (message: RendezvousMessage) => Value): Value {
  return decodeMessage('RendezvousMessage', bytes, LIMITS.signaling.signalingMessageBytes, (reader) => {
    return check(readRendezvousMessage(reader));
  });
}

function memberFromMessage(message: RendezvousMessage): MemberMessage {
  switch (message.kind) {
    case 'join':
      return joinFromMessage(message);
    case 'signal':
      checkSealed(message.sealed);
      return message;
    case 'ping':
      return message;
    default:
      throw malformed(`a message of kind ${message.kind} from a member`);
  }
}

function serverFromMessage(message: RendezvousMessage): ServerMessage {
  switch (message.kind) {
    case 'welcome':
      checkWelcome(message);
      return message;
    case 'forwarded':
      checkSealed(message.sealed);
      return message;
    case 'member-left':
    case 'pong':
      return message;
    case 'refused':
      return refusedFromMessage(message);
    default:
      throw malformed(`a message of kind ${message.kind} from the server`);
  }
}

function joinFromMessage({ kind, version, room, member }: JoinMessage): Join {
  if (version !== RENDEZVOUS_VERSION) {
    throw new ShardbearerError(
      'VERSION_UNSUPPORTED',
      `The member has rendezvous version ${version}; the server has ${RENDEZVOUS_VERSION}. Reload the older one.`,
    );
  }
  boundedBytes(room, ROOM_BYTES, ROOM_BYTES, "a room's name");
  return { kind, version, room: parseRoomName(hexFromBytes(room)), member: member ?? missing('Join.member') };
}

function checkWelcome({ neighbours, iceServers }: Welcome): void {
  bounded(neighbours, LIMITS.signaling.roomMembers, 'neighbours');
  for (const { urls, username = '', credential = '' } of bounded(iceServers, LIMITS.links.iceServers, 'ICE servers')) {
    bounded(urls, LIMITS.links.iceServers, 'addresses');
    for (const text of [...urls, username, credential])
      boundedText(text, LIMITS.links.addressCharacters, 'an ICE server');
  }
}

function refusedFromMessage(refused: Refused): ServerMessage {
  boundedText(refused.message, LIMITS.messages.refusalCharacters, "a refusal's message");
  return { ...refused, code: REFUSALS.find((code) => code === refused.code) ?? 'malformed' };
}

function checkSealed(sealed: Uint8Array): void {
  boundedBytes(sealed, 1, LIMITS.links.sealedBytes, 'a sealed signal');
}

const REFUSALS: readonly RendezvousRefusal[] = [
  'malformed',
  'too-large',
  'version-unsupported',
  'not-joined',
  'already-joined',
  'room-full',
  'no-room-left',
  'too-fast',
  'unknown-member',
  'replaced',
  'shutting-down',
];
