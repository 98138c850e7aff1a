import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { boundedBytes, boundedList, boundedText, decodeMessage, malformed, optionalId, required } from './decoding.ts';
import { ShardbearerError } from './errors.ts';
import {
  type IceServer as IceServerMessage,
  type Join as JoinMessage,
  MemberKind as MemberKindMessage,
  type Member as MemberMessageBody,
  type MemberSchema,
  type Refused as RefusedMessage,
  type RendezvousMessage,
  RendezvousMessageSchema,
} from './generated/rendezvous_pb.ts';
import { bytesFromHex, hexFromBytes, idFromBytes, idToBytes, parseRoomName, ROOM_BYTES } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import {
  type IceServer,
  type Join,
  type MemberMessage,
  RENDEZVOUS_VERSION,
  type RendezvousRefusal,
  type RoomMember,
  type ServerMessage,
} from './rendezvous.ts';

type Kind = NonNullable<MessageInitShape<typeof RendezvousMessageSchema>['kind']>;

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.signalingMessageBytes` */
export function encodeMemberMessage(message: MemberMessage): Uint8Array {
  return encode(memberKind(message));
}

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.signalingMessageBytes` */
export function encodeServerMessage(message: ServerMessage): Uint8Array {
  return encode(serverKind(message));
}

/**
 * Reads what a member says to the server.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`, `VERSION_UNSUPPORTED`
 */
export function decodeMemberMessage(bytes: Uint8Array): MemberMessage {
  return decodeMessage(RendezvousMessageSchema, bytes, LIMITS.signalingMessageBytes, memberFromMessage);
}

/**
 * Reads what the server says to a member.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  return decodeMessage(RendezvousMessageSchema, bytes, LIMITS.signalingMessageBytes, serverFromMessage);
}

function encode(kind: Kind): Uint8Array {
  const bytes = toBinary(RendezvousMessageSchema, create(RendezvousMessageSchema, { kind }));
  if (bytes.length > LIMITS.signalingMessageBytes) {
    throw new ShardbearerError('FRAME_TOO_LARGE', `a signaling message of ${bytes.length} bytes`);
  }
  return bytes;
}

function memberKind(message: MemberMessage): Kind {
  switch (message.kind) {
    case 'join':
      return {
        case: 'join',
        value: {
          protocolVersion: message.version,
          room: bytesFromHex(message.room),
          member: roomMemberToMessage(message.member),
        },
      };
    case 'signal':
      return { case: 'signal', value: { to: idToBytes(message.to), sealed: message.sealed } };
    case 'ping':
      return { case: 'ping', value: { number: message.number } };
  }
}

function serverKind(message: ServerMessage): Kind {
  switch (message.kind) {
    case 'welcome':
      return {
        case: 'welcome',
        value: {
          neighbours: message.neighbours.map(roomMemberToMessage),
          iceServers: message.iceServers.map((server) => ({
            urls: [...server.urls],
            username: server.username ?? '',
            credential: server.credential ?? '',
          })),
        },
      };
    case 'forwarded':
      return { case: 'forwarded', value: { from: idToBytes(message.from), sealed: message.sealed } };
    case 'member-left':
      return { case: 'memberLeft', value: { member: idToBytes(message.member) } };
    case 'refused':
      return {
        case: 'refused',
        value: {
          code: message.code,
          message: message.message.slice(0, LIMITS.refusalCharacters),
          member: message.member === undefined ? new Uint8Array(0) : idToBytes(message.member),
        },
      };
    case 'pong':
      return { case: 'pong', value: { number: message.number } };
  }
}

function memberFromMessage({ kind }: RendezvousMessage): MemberMessage {
  switch (kind.case) {
    case 'join':
      return joinFromMessage(kind.value);
    case 'signal':
      return { kind: 'signal', to: idFromBytes(kind.value.to), sealed: sealedFromMessage(kind.value.sealed) };
    case 'ping':
      return { kind: 'ping', number: kind.value.number };
    default:
      throw malformed(`no message of a member: ${kind.case}`);
  }
}

function serverFromMessage({ kind }: RendezvousMessage): ServerMessage {
  switch (kind.case) {
    case 'welcome':
      return {
        kind: 'welcome',
        neighbours: boundedList(kind.value.neighbours, LIMITS.roomMembers, 'neighbours', roomMemberFromMessage),
        iceServers: boundedList(kind.value.iceServers, LIMITS.iceServers, 'ICE servers', iceServerFromMessage),
      };
    case 'forwarded':
      return { kind: 'forwarded', from: idFromBytes(kind.value.from), sealed: sealedFromMessage(kind.value.sealed) };
    case 'memberLeft':
      return { kind: 'member-left', member: idFromBytes(kind.value.member) };
    case 'refused':
      return refusedFromMessage(kind.value);
    case 'pong':
      return { kind: 'pong', number: kind.value.number };
    default:
      throw malformed(`no message of a server: ${kind.case}`);
  }
}

function joinFromMessage(message: JoinMessage): Join {
  const version = message.protocolVersion;
  if (version !== RENDEZVOUS_VERSION) {
    throw new ShardbearerError('VERSION_UNSUPPORTED', `rendezvous version ${version}, not ${RENDEZVOUS_VERSION}`);
  }
  const room = boundedBytes(message.room, ROOM_BYTES, ROOM_BYTES, "a room's name");
  return {
    kind: 'join',
    version,
    room: parseRoomName(hexFromBytes(room)),
    member: roomMemberFromMessage(required(message.member, 'the member')),
  };
}

function refusedFromMessage(message: RefusedMessage): ServerMessage {
  return {
    kind: 'refused',
    code: REFUSALS.find((code) => code === message.code) ?? 'malformed',
    message: boundedText(message.message, LIMITS.refusalCharacters, "a refusal's message"),
    member: optionalId(message.member),
  };
}

function roomMemberToMessage(member: RoomMember): MessageInitShape<typeof MemberSchema> {
  const kind = member.kind === 'radiant' ? MemberKindMessage.RADIANT : MemberKindMessage.CLIENT;
  return { id: idToBytes(member.id), kind };
}

function roomMemberFromMessage(message: MemberMessageBody): RoomMember {
  const id = idFromBytes<RoomMember['id']>(message.id);
  switch (message.kind) {
    case MemberKindMessage.RADIANT:
      return { id, kind: 'radiant' };
    case MemberKindMessage.CLIENT:
      return { id, kind: 'client' };
    default:
      throw malformed(`a member of kind ${message.kind}`);
  }
}

function iceServerFromMessage(message: IceServerMessage): IceServer {
  const text = (value: string) => boundedText(value, LIMITS.addressCharacters, 'an ICE server');
  return {
    urls: boundedList(message.urls, LIMITS.iceServers, 'addresses', text),
    username: text(message.username) || undefined,
    credential: text(message.credential) || undefined,
  };
}

function sealedFromMessage(sealed: Uint8Array): Uint8Array {
  return boundedBytes(sealed, 1, LIMITS.sealedBytes, 'a sealed signal');
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
