/** What clients ask and what they are answered. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Versionstamp } from './command.ts';
import { boundedText, malformed, optionalId, required } from './decoding.ts';
import { type ErrorCode, parseErrorCode } from './errors.ts';
import type { Answer, Question, Reply, Request, RequestId } from './frame.ts';
import type {
  Refusal as RefusalMessage,
  Reply as ReplyMessage,
  ReplySchema,
  Request as RequestMessage,
  RequestSchema,
  Value as ValueMessage,
  Versionstamp as VersionstampMessage,
  VersionstampSchema,
} from './generated/shardbearer_pb.ts';
import { asRequestNumber, asSlot, idFromBytes, idToBytes } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import { commandFromMessage, commandToMessage, keyFromMessage, valueFromMessage } from './operation-codec.ts';
import { safeInteger, uint64 } from './safe-integer.ts';

export function requestToMessage(request: Request): MessageInitShape<typeof RequestSchema> {
  return { ...requestIdToMessage(request.id), kind: questionToMessage(request.question) };
}

export function requestFromMessage(message: RequestMessage): Request {
  return { id: requestIdFromMessage(message), question: questionFromMessage(message.kind) };
}

export function replyToMessage(reply: Reply): MessageInitShape<typeof ReplySchema> {
  return { ...requestIdToMessage(reply.id), kind: answerToMessage(reply.answer) };
}

export function replyFromMessage(message: ReplyMessage): Reply {
  return { id: requestIdFromMessage(message), answer: answerFromMessage(message.kind) };
}

function requestIdToMessage(id: RequestId): { client: Uint8Array; clientBoot: Uint8Array; request: bigint } {
  return { client: idToBytes(id.client), clientBoot: idToBytes(id.clientBoot), request: uint64(id.number) };
}

function requestIdFromMessage(message: RequestMessage | ReplyMessage): RequestId {
  return {
    client: idFromBytes(message.client),
    clientBoot: idFromBytes(message.clientBoot),
    number: asRequestNumber(safeInteger(message.request)),
  };
}

type QuestionMessage = NonNullable<MessageInitShape<typeof RequestSchema>['kind']>;

function questionToMessage(question: Question): QuestionMessage {
  switch (question.kind) {
    case 'command':
      return { case: 'command', value: commandToMessage(question.command) };
    case 'read':
      return {
        case: 'read',
        value: { slot: question.slot, shardEpoch: uint64(question.shardEpoch), key: question.key },
      };
    case 'open-session':
      return { case: 'openSession', value: {} };
  }
}

function questionFromMessage(kind: RequestMessage['kind']): Question {
  switch (kind.case) {
    case 'command':
      return { kind: 'command', command: commandFromMessage(kind.value) };
    case 'read':
      return {
        kind: 'read',
        slot: asSlot(kind.value.slot),
        shardEpoch: safeInteger(kind.value.shardEpoch),
        key: keyFromMessage(kind.value.key),
      };
    case 'openSession':
      return { kind: 'open-session' };
    default:
      throw malformed("a request's question is missing");
  }
}

type AnswerMessage = NonNullable<MessageInitShape<typeof ReplySchema>['kind']>;

function answerToMessage(answer: Answer): AnswerMessage {
  switch (answer.kind) {
    case 'written':
      return {
        case: 'written',
        value: { versionstamp: versionstampToMessage(answer.versionstamp), existed: answer.existed },
      };
    case 'value':
      return {
        case: 'value',
        value: { found: true, value: answer.value, versionstamp: versionstampToMessage(answer.versionstamp) },
      };
    case 'missing':
      return { case: 'value', value: { found: false } };
    case 'session-opened':
      return { case: 'sessionOpened', value: {} };
    case 'refusal':
      return {
        case: 'refusal',
        value: {
          code: answer.code,
          message: answer.message.slice(0, LIMITS.refusalCharacters),
          herald: answer.herald === undefined ? NO_BYTES : idToBytes(answer.herald),
          withoutEffect: answer.withoutEffect,
        },
      };
  }
}

function answerFromMessage(kind: ReplyMessage['kind']): Answer {
  switch (kind.case) {
    case 'written':
      return {
        kind: 'written',
        versionstamp: versionstampFromMessage(kind.value.versionstamp),
        existed: kind.value.existed,
      };
    case 'value':
      return valueAnswer(kind.value);
    case 'sessionOpened':
      return { kind: 'session-opened' };
    case 'refusal':
      return refusalAnswer(kind.value);
    default:
      throw malformed("a reply's answer is missing");
  }
}

function valueAnswer(message: ValueMessage): Answer {
  if (!message.found) return { kind: 'missing' };
  return {
    kind: 'value',
    value: valueFromMessage(message.value),
    versionstamp: versionstampFromMessage(message.versionstamp),
  };
}

function refusalAnswer(message: RefusalMessage): Answer {
  if (message.code === '') throw malformed('a refusal without a code');
  return {
    kind: 'refusal',
    code: parseErrorCode(message.code) ?? codeOfNewerBuild(message.withoutEffect),
    message: boundedText(message.message, LIMITS.refusalCharacters, "a refusal's message"),
    herald: optionalId(message.herald),
    withoutEffect: message.withoutEffect,
  };
}

/** A newer build's code says nothing here, but whether the request took effect must not get lost. */
function codeOfNewerBuild(withoutEffect: boolean): ErrorCode {
  return withoutEffect ? 'UNAVAILABLE' : 'OUTCOME_UNKNOWN';
}

function versionstampToMessage(versionstamp: Versionstamp): MessageInitShape<typeof VersionstampSchema> {
  return { generation: uint64(versionstamp.generation), revision: uint64(versionstamp.revision) };
}

function versionstampFromMessage(message: VersionstampMessage | undefined): Versionstamp {
  const { generation, revision } = required(message, 'a versionstamp');
  return { generation: safeInteger(generation), revision: safeInteger(revision) };
}

const NO_BYTES = new Uint8Array(0);
