/**
 * Encodes, decodes and checks frames and their bodies. A frame begins with a checksum, because a receiver must not act
 * on a damaged frame.
 */
import { decodeConfiguration, encodeConfiguration } from '../configuration/configuration-codec.ts';
import { checkRange } from '../configuration/order-checks.ts';
import { CHECKSUM_BYTES, crc32c, hasChecksum, putChecksum } from '../crc32c.ts';
import { bounded, boundedBytes, boundedText, distinct, malformed } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import { decodeMessage, FieldReader } from '../field-reader.ts';
import { encodeMessage, FieldWriter } from '../field-writer.ts';
import type { Body, EncodedFrame, Frame, FrameHeader, ShardBody, SnapshotBody } from './frame.ts';
import {
  BODY_KINDS,
  type Body as BodyMessage,
  type MemberList,
  type Presence,
  readBody,
  readEncodedFrame,
  writeBody,
  writeEncodedFrame,
  writeFrame,
} from '../generated/shardbearer.ts';
import type { ClusterId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { replyFromMessage, replyToMessage, requestToMessage, requestFromMessage } from './request-codec.ts';

/** Size of the buffer that many frames share. Most frames are smaller than the overhead of a buffer of their own. */
const BUFFER_BYTES = 65_536;
const writer = new FieldWriter(BUFFER_BYTES);

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.messages.frameBytes`, checksum included */
export function encodeFrame(frame: Frame): Uint8Array {
  const message = { ...frame, body: bodyToMessage(frame.body) };
  writer.begin(CHECKSUM_BYTES);
  writeFrame(writer, message);
  return seal(writer.take());
}

/**
 * Encodes a frame whose body is already encoded. A body for many receivers is thus encoded only once.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.messages.frameBytes`, checksum included
 */
export function encodeFrameAround(header: FrameHeader, body: Uint8Array): Uint8Array {
  writer.begin(CHECKSUM_BYTES);
  writeEncodedFrame(writer, { header, body });
  return seal(writer.take());
}

/** Encodes a frame to relay, with one hop less. Returns undefined if the frame has no hop left. */
export function encodeRelayed({ header, body }: EncodedFrame): Uint8Array | undefined {
  if (header.hopLimit === 0) return undefined;
  return encodeFrameAround({ ...header, hopLimit: header.hopLimit - 1 }, body);
}

export function encodeBody(body: Body): Uint8Array {
  return encodeMessage(writeBody, bodyToMessage(body));
}

/**
 * Verifies the checksum and reads a frame, except for its body.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeHeader(bytes: Uint8Array): EncodedFrame {
  if (bytes.length > LIMITS.messages.frameBytes) throw frameTooLarge(bytes.length);
  if (bytes.length < CHECKSUM_BYTES) throw malformed('a frame without a checksum');
  if (!hasChecksum(bytes, crc32c(bytes, CHECKSUM_BYTES))) throw malformed('a frame that was damaged');
  return decodeSoundHeader(bytes);
}

/**
 * Reads a frame like `decodeHeader`, but does not verify the checksum. Meant for a frame that the caller knows to be
 * undamaged.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeSoundHeader(bytes: Uint8Array): EncodedFrame {
  const frame = decodeMessage('Frame', bytes, LIMITS.messages.frameBytes, readEncodedFrame, CHECKSUM_BYTES);
  const { hopLimit } = frame.header;
  if (hopLimit > LIMITS.messages.hops) throw malformed(`a hop limit of ${hopLimit}, at most ${LIMITS.messages.hops}`);
  if (frame.body.length === 0) throw malformed('a frame without a body');
  return frame;
}

/**
 * Decodes a body. Byte fields of the body are views of `bytes`. Copy those that must outlive the frame.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeBody(bytes: Uint8Array): Body {
  const message = decodeMessage('Body', bytes, LIMITS.messages.frameBytes, readBody);
  switch (message.kind) {
    case 'configuration':
      return { kind: 'configuration', configuration: decodeConfiguration(message.configuration) };
    case 'request':
      return { kind: 'request', request: requestFromMessage(message.request) };
    case 'reply':
      return { kind: 'reply', reply: replyFromMessage(message.reply) };
    case 'presence':
      checkPresence(message.presence);
      return message;
    case 'signal':
      boundedBytes(message.sealed, 1, LIMITS.links.sealedBytes, 'a signal');
      return message;
    case 'snapshot-request':
    case 'snapshot-chunk':
    case 'snapshot-gone':
      checkSnapshotBody(message);
      return message;
    case 'shard-request':
    case 'shard-chunk':
      checkShardBody(message);
      return message;
    case 'consensus':
    case 'goodbye':
      return message;
  }
}

/** Reads the kind of an encoded body. Returns undefined if the body does not start with a known kind. */
export function kindOfBody(bytes: Uint8Array): Body['kind'] | undefined {
  return BODY_KINDS[new FieldReader(bytes).next()];
}

/**
 * Reads a whole frame.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const { header, body } = decodeHeader(bytes);
  return { ...header, body: decodeBody(body) };
}

/**
 * Rejects a frame of another cluster. A frame without a cluster passes. While this radiant has no cluster, all frames
 * pass.
 * @throws {ShardbearerError} `FRAME_OF_OTHER_CLUSTER`
 */
export function checkCluster(header: FrameHeader, own: ClusterId | undefined): void {
  if (own === undefined || header.cluster === undefined || header.cluster === own) return;
  throw new ShardbearerError(
    'FRAME_OF_OTHER_CLUSTER',
    `The frame belongs to cluster ${header.cluster}; this radiant belongs to cluster ${own}.`,
  );
}

/** Writes the checksum into the bytes at the start of the frame. */
function seal(frame: Uint8Array): Uint8Array {
  if (frame.length > LIMITS.messages.frameBytes) throw frameTooLarge(frame.length);
  putChecksum(frame, crc32c(frame, CHECKSUM_BYTES));
  return frame;
}

function frameTooLarge(length: number): ShardbearerError {
  return new ShardbearerError(
    'FRAME_TOO_LARGE',
    `A frame has ${length} bytes; the limit is ${LIMITS.messages.frameBytes}.`,
  );
}

function bodyToMessage(body: Body): BodyMessage {
  switch (body.kind) {
    case 'configuration':
      return { kind: 'configuration', configuration: encodeConfiguration(body.configuration) };
    case 'request':
      return { kind: 'request', request: requestToMessage(body.request) };
    case 'reply':
      return { kind: 'reply', reply: replyToMessage(body.reply) };
    default:
      return body;
  }
}

function checkPresence(presence: Presence): void {
  boundedText(presence.configurationDigest, LIMITS.messages.nameCharacters, 'a digest');
  bounded(presence.memberships, LIMITS.configuration.memberships, 'memberships');
  bounded(presence.members, LIMITS.configuration.memberships, 'lists of members');
  bounded(presence.seen, LIMITS.liveness.sightings, 'sightings');
  bounded(presence.neighbours, LIMITS.links.neighbours, 'neighbours');
  bounded(presence.retired, LIMITS.liveness.retiredIdentities, 'retired identities');
  bounded(presence.absences, LIMITS.liveness.absences, 'absences');
  for (const list of presence.members) checkMemberList(list);
}

function checkMemberList({ members, nextReplica }: MemberList): void {
  bounded(members, LIMITS.configuration.rosterMembers, 'listed members');
  if (members.some(({ replica }) => replica >= nextReplica)) {
    throw malformed('a member whose replica id was never assigned');
  }
  distinct(members, ({ radiant }) => radiant, 'listed members');
  distinct(members, ({ replica }) => replica, 'listed replicas');
}

function checkSnapshotBody(body: SnapshotBody): void {
  if (body.index === 0) throw malformed('a snapshot at index 0');
  if (body.kind === 'snapshot-gone') return;
  if (body.chunk >= LIMITS.snapshots.snapshotChunks) throw malformed(`chunk ${body.chunk} of a snapshot`);
  if (body.kind === 'snapshot-chunk')
    boundedBytes(body.bytes, 1, LIMITS.snapshots.snapshotChunkMaximumBytes, 'a chunk of a snapshot');
}

function checkShardBody(body: ShardBody): void {
  checkRange(body.shard);
  if (body.kind === 'shard-chunk')
    boundedBytes(body.bytes, 1, LIMITS.snapshots.snapshotChunkMaximumBytes, 'a chunk of a shard');
}
