/** Types, codecs and checks of greetings and their answers. The two ends of a link agree on a version by them. */
import { boundedText, malformed } from '../decoding.ts';
import { type ErrorCode, parseErrorCode } from '../errors.ts';
import { decodeMessage } from '../field-reader.ts';
import { encodeMessage } from '../field-writer.ts';
import {
  type Greeting,
  type GreetingAnswer as GreetingAnswerMessage,
  readGreeting,
  readGreetingAnswer,
  writeGreeting,
  writeGreetingAnswer,
} from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';

export type { Greeting };

export type GreetingAnswer =
  | { readonly kind: 'accepted'; readonly version: number }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

/** Answers a greeting with the newest version that both ends support. Both ends compute the same answer. */
export function answerGreeting(own: Greeting, other: Greeting): GreetingAnswer {
  if (own.cluster !== undefined && other.cluster !== undefined && own.cluster !== other.cluster) {
    return { kind: 'refused', code: 'FRAME_OF_OTHER_CLUSTER' };
  }
  const version = Math.min(own.versionMaximum, other.versionMaximum);
  if (version < Math.max(own.versionMinimum, other.versionMinimum)) {
    return { kind: 'refused', code: 'VERSION_UNSUPPORTED' };
  }
  return { kind: 'accepted', version };
}

export function encodeGreeting(greeting: Greeting): Uint8Array {
  return encodeMessage(writeGreeting, { ...greeting, build: greeting.build.slice(0, LIMITS.messages.nameCharacters) });
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeGreeting(bytes: Uint8Array): Greeting {
  return checkedGreeting(decodeMessage('Greeting', bytes, LIMITS.links.chunkBytes, readGreeting));
}

export function encodeGreetingAnswer(answer: GreetingAnswer): Uint8Array {
  const version = answer.kind === 'accepted' ? answer.version : 0;
  const refusal = answer.kind === 'accepted' ? '' : answer.code;
  return encodeMessage(writeGreetingAnswer, { version, refusal });
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeGreetingAnswer(bytes: Uint8Array): GreetingAnswer {
  return answerFromMessage(decodeMessage('GreetingAnswer', bytes, LIMITS.links.chunkBytes, readGreetingAnswer));
}

function checkedGreeting(greeting: Greeting): Greeting {
  const { versionMinimum, versionMaximum } = greeting;
  if (versionMinimum === 0 || versionMinimum > versionMaximum) {
    throw malformed(`protocol versions ${versionMinimum} to ${versionMaximum}`);
  }
  boundedText(greeting.build, LIMITS.messages.nameCharacters, "a build's name");
  return greeting;
}

function answerFromMessage({ version, refusal }: GreetingAnswerMessage): GreetingAnswer {
  if (refusal === '') {
    if (version === 0) throw malformed('an answer that neither accepts nor refuses');
    return { kind: 'accepted', version };
  }
  // A newer build may send a code that this build does not know.
  return { kind: 'refused', code: parseErrorCode(refusal) ?? 'LINK_FAILED' };
}
