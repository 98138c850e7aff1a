import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { configurationFromMessage, configurationToMessage } from './configuration-codec.ts';
import { boundedBytes, decodeMessage, malformed } from './decoding.ts';
import type { Body } from './frame.ts';
import { type Body as BodyMessage, BodySchema } from './generated/shardbearer_pb.ts';
import {
  type ConsensusBody,
  consensusBodyFromMessage,
  decodeConsensusBody,
  encodeConsensusBody,
} from './consensus-codec.ts';
import { LIMITS } from './limits.ts';
import { presenceFromMessage, presenceToMessage } from './presence-codec.ts';
import { replyFromMessage, replyToMessage, requestFromMessage, requestToMessage } from './request-codec.ts';
import {
  snapshotChunkFromMessage,
  snapshotChunkToMessage,
  snapshotGoneFromMessage,
  snapshotGoneToMessage,
  snapshotRequestFromMessage,
  snapshotRequestToMessage,
} from './snapshot-codec.ts';

export function encodeBody(body: Body): Uint8Array {
  if (body.kind === 'consensus') return encodeConsensusBody(body);
  return toBinary(BodySchema, create(BodySchema, { kind: bodyToMessage(body) }));
}

/**
 * What a frame says. Byte fields are views of `bytes`: copy what is kept longer than the frame.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeBody(bytes: Uint8Array): Body {
  return decodeConsensusBody(bytes) ?? decodeMessage(BodySchema, bytes, LIMITS.frameBytes, bodyFromMessage);
}

function bodyToMessage(body: Exclude<Body, ConsensusBody>): NonNullable<MessageInitShape<typeof BodySchema>['kind']> {
  switch (body.kind) {
    case 'presence':
      return { case: 'presence', value: presenceToMessage(body.presence) };
    case 'configuration':
      return { case: 'configuration', value: configurationToMessage(body.configuration) };
    case 'request':
      return { case: 'request', value: requestToMessage(body.request) };
    case 'reply':
      return { case: 'reply', value: replyToMessage(body.reply) };
    case 'goodbye':
      return { case: 'goodbye', value: {} };
    case 'signal':
      return { case: 'signal', value: { sealed: body.sealed } };
    case 'snapshot-request':
      return { case: 'snapshotRequest', value: snapshotRequestToMessage(body) };
    case 'snapshot-chunk':
      return { case: 'snapshotChunk', value: snapshotChunkToMessage(body) };
    case 'snapshot-gone':
      return { case: 'snapshotGone', value: snapshotGoneToMessage(body) };
  }
}

function bodyFromMessage({ kind }: BodyMessage): Body {
  switch (kind.case) {
    case 'presence':
      return { kind: 'presence', presence: presenceFromMessage(kind.value) };
    case 'configuration':
      return { kind: 'configuration', configuration: configurationFromMessage(kind.value) };
    case 'consensus':
      return consensusBodyFromMessage(kind.value);
    case 'request':
      return { kind: 'request', request: requestFromMessage(kind.value) };
    case 'reply':
      return { kind: 'reply', reply: replyFromMessage(kind.value) };
    case 'goodbye':
      return { kind: 'goodbye' };
    case 'signal':
      return { kind: 'signal', sealed: boundedBytes(kind.value.sealed, 1, LIMITS.sealedBytes, 'a signal') };
    case 'snapshotRequest':
      return snapshotRequestFromMessage(kind.value);
    case 'snapshotChunk':
      return snapshotChunkFromMessage(kind.value);
    case 'snapshotGone':
      return snapshotGoneFromMessage(kind.value);
    default:
      throw malformed("a body's kind is missing");
  }
}
