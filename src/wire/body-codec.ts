import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { configurationFromMessage, configurationToMessage } from './configuration-codec.ts';
import { boundedBytes, decodeMessage, malformed } from './decoding.ts';
import type { Body } from './frame.ts';
import { type Body as BodyMessage, BodySchema } from './generated/shardbearer_pb.ts';
import { asReplicaId } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import { positionFromMessage, positionToMessage, presenceFromMessage, presenceToMessage } from './presence-codec.ts';
import { replyFromMessage, replyToMessage, requestFromMessage, requestToMessage } from './request-codec.ts';
import { safeInteger, uint64 } from './safe-integer.ts';

export function encodeBody(body: Body): Uint8Array {
  return toBinary(BodySchema, create(BodySchema, { kind: bodyToMessage(body) }));
}

/**
 * What a frame says. Byte fields are views of `bytes`: copy what is kept longer than the frame.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeBody(bytes: Uint8Array): Body {
  return decodeMessage(BodySchema, bytes, LIMITS.frameBytes, bodyFromMessage);
}

function bodyToMessage(body: Body): NonNullable<MessageInitShape<typeof BodySchema>['kind']> {
  switch (body.kind) {
    case 'presence':
      return { case: 'presence', value: presenceToMessage(body.presence) };
    case 'configuration':
      return { case: 'configuration', value: configurationToMessage(body.configuration) };
    case 'consensus':
      return {
        case: 'consensus',
        value: {
          fromReplica: uint64(body.from),
          toReplica: uint64(body.to),
          flushed: positionToMessage(body.flushed),
          message: body.message,
        },
      };
    case 'request':
      return { case: 'request', value: requestToMessage(body.request) };
    case 'reply':
      return { case: 'reply', value: replyToMessage(body.reply) };
    case 'goodbye':
      return { case: 'goodbye', value: {} };
    case 'signal':
      return { case: 'signal', value: { sealed: body.sealed } };
  }
}

function bodyFromMessage({ kind }: BodyMessage): Body {
  switch (kind.case) {
    case 'presence':
      return { kind: 'presence', presence: presenceFromMessage(kind.value) };
    case 'configuration':
      return { kind: 'configuration', configuration: configurationFromMessage(kind.value) };
    case 'consensus':
      return {
        kind: 'consensus',
        from: asReplicaId(safeInteger(kind.value.fromReplica)),
        to: asReplicaId(safeInteger(kind.value.toReplica)),
        flushed: positionFromMessage(kind.value.flushed),
        message: kind.value.message,
      };
    case 'request':
      return { kind: 'request', request: requestFromMessage(kind.value) };
    case 'reply':
      return { kind: 'reply', reply: replyFromMessage(kind.value) };
    case 'goodbye':
      return { kind: 'goodbye' };
    case 'signal':
      return { kind: 'signal', sealed: boundedBytes(kind.value.sealed, 1, LIMITS.sealedBytes, 'a signal') };
    default:
      throw malformed("a body's kind is missing");
  }
}
