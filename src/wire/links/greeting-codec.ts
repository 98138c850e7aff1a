import { create, toBinary } from '@bufbuild/protobuf';
import { boundedText, decodeMessage, malformed, optionalId } from '../decoding.ts';
import { parseErrorCode } from '../errors.ts';
import type { Greeting, GreetingAnswer } from './greeting.ts';
import {
  type GreetingAnswer as GreetingAnswerMessage,
  GreetingAnswerSchema,
  type Greeting as GreetingMessage,
  GreetingSchema,
} from '../generated/shardbearer_pb.ts';
import { idFromBytes, idToBytes } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';

export function encodeGreeting(greeting: Greeting): Uint8Array {
  const message = create(GreetingSchema, {
    protocolVersionMinimum: greeting.versionMinimum,
    protocolVersionMaximum: greeting.versionMaximum,
    cluster: greeting.cluster === undefined ? new Uint8Array(0) : idToBytes(greeting.cluster),
    radiant: idToBytes(greeting.radiant),
    boot: idToBytes(greeting.boot),
    build: greeting.build.slice(0, LIMITS.nameCharacters),
  });
  return toBinary(GreetingSchema, message);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeGreeting(bytes: Uint8Array): Greeting {
  return decodeMessage(GreetingSchema, bytes, LIMITS.chunkBytes, greetingFromMessage);
}

export function encodeGreetingAnswer(answer: GreetingAnswer): Uint8Array {
  const message = create(
    GreetingAnswerSchema,
    answer.kind === 'accepted' ? { protocolVersion: answer.version } : { refusal: answer.code },
  );
  return toBinary(GreetingAnswerSchema, message);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeGreetingAnswer(bytes: Uint8Array): GreetingAnswer {
  return decodeMessage(GreetingAnswerSchema, bytes, LIMITS.chunkBytes, greetingAnswerFromMessage);
}

function greetingFromMessage(message: GreetingMessage): Greeting {
  const { protocolVersionMinimum: versionMinimum, protocolVersionMaximum: versionMaximum } = message;
  if (versionMinimum === 0 || versionMinimum > versionMaximum) {
    throw malformed(`protocol versions ${versionMinimum} to ${versionMaximum}`);
  }
  return {
    versionMinimum,
    versionMaximum,
    cluster: optionalId(message.cluster),
    radiant: idFromBytes(message.radiant),
    boot: idFromBytes(message.boot),
    build: boundedText(message.build, LIMITS.nameCharacters, "a build's name"),
  };
}

function greetingAnswerFromMessage(message: GreetingAnswerMessage): GreetingAnswer {
  if (message.refusal === '') {
    if (message.protocolVersion === 0) throw malformed('an answer that neither accepts nor refuses');
    return { kind: 'accepted', version: message.protocolVersion };
  }
  // A newer build may refuse for a reason that this one has no word for.
  return { kind: 'refused', code: parseErrorCode(message.refusal) ?? 'LINK_FAILED' };
}
