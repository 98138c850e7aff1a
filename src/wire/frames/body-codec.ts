/** Encodes, decodes and checks the bodies of frames. */
import { decodeConfiguration, encodeConfiguration } from '../configuration/configuration-codec.ts';
import { checkRange } from '../configuration/order-checks.ts';
import { boundedBytes, malformed } from '../decoding.ts';
import { FieldReader } from '../field-reader.ts';
import type { Body, ShardBody, SnapshotBody } from './frame.ts';
import { BODY_KINDS, type Body as BodyMessage, readBody, writeBody } from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';
import { decodeMessage, encodeMessage } from '../message-codec.ts';
import { checkPresence } from './presence-checks.ts';
import { replyFromMessage, replyToMessage, requestFromMessage } from './request-codec.ts';

export function encodeBody(body: Body): Uint8Array {
  return encodeMessage(writeBody, bodyToMessage(body));
}

/**
 * Bytes in the body are views of `bytes`. Copy those that outlive the frame.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeBody(bytes: Uint8Array): Body {
  return decodeMessage('Body', bytes, LIMITS.frameBytes, readBody, bodyFromMessage);
}

/** The kind of a body that is not decoded. Undefined if the body does not start with a kind. */
export function kindOfBody(bytes: Uint8Array): Body['kind'] | undefined {
  return BODY_KINDS[new FieldReader(bytes).next()];
}

export function bodyToMessage(body: Body): BodyMessage {
  switch (body.kind) {
    case 'configuration':
      return { kind: 'configuration', configuration: encodeConfiguration(body.configuration) };
    case 'reply':
      return { kind: 'reply', reply: replyToMessage(body.reply) };
    default:
      return body;
  }
}

function bodyFromMessage(message: BodyMessage): Body {
  switch (message.kind) {
    case 'configuration':
      return { kind: 'configuration', configuration: decodeConfiguration(message.configuration) };
    case 'request':
      return { kind: 'request', request: requestFromMessage(message.request) };
    case 'reply':
      return { kind: 'reply', reply: replyFromMessage(message.reply) };
    default:
      checkBody(message);
      return message;
  }
}

function checkBody(body: Exclude<BodyMessage, { kind: 'configuration' | 'request' | 'reply' }>): void {
  switch (body.kind) {
    case 'presence':
      return checkPresence(body.presence);
    case 'signal':
      boundedBytes(body.sealed, 1, LIMITS.sealedBytes, 'a signal');
      return;
    case 'snapshot-request':
    case 'snapshot-chunk':
    case 'snapshot-gone':
      return checkSnapshotBody(body);
    case 'shard-request':
    case 'shard-chunk':
      return checkShardBody(body);
    default:
  }
}

function checkSnapshotBody(body: SnapshotBody): void {
  if (body.index === 0) throw malformed('a snapshot of nothing');
  if (body.kind === 'snapshot-gone') return;
  if (body.chunk >= LIMITS.snapshotChunks) throw malformed(`chunk ${body.chunk} of a snapshot`);
  if (body.kind === 'snapshot-chunk')
    boundedBytes(body.bytes, 1, LIMITS.snapshotChunkMaximumBytes, 'a chunk of a snapshot');
}

function checkShardBody(body: ShardBody): void {
  checkRange(body.shard);
  if (body.kind === 'shard-chunk') boundedBytes(body.bytes, 1, LIMITS.snapshotChunkMaximumBytes, 'a chunk of a shard');
}
