/**
 * Converts requests and replies between the messages of the schema and their checked form. All errors are
 * `FRAME_MALFORMED`.
 */
import { decodeConfiguration, encodeConfiguration } from '../configuration/configuration-codec.ts';
import { checkRange } from '../configuration/order-checks.ts';
import { bounded, boundedBytes, boundedText, distinct, malformed, missing } from '../decoding.ts';
import { checkedMachineName, commandFromMessage } from '../entries/entry-codec.ts';
import { checkLockRange, checkSettle, operationToMessage } from '../entries/transaction-codec.ts';
import { type ErrorCode, parseErrorCode } from '../errors.ts';
import type {
  Administration,
  Answer,
  Changes,
  List,
  Page,
  Question,
  Reply,
  Request,
  Watch,
  WatchedRange,
} from './frame.ts';
import type {
  Refusal,
  Reply as ReplyMessage,
  ReplyAnswer,
  Request as RequestMessage,
  RequestQuestion,
} from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';

/** Returns the checked request. Byte fields of the request are views of the frame's bytes. */
export function requestFromMessage({ id, question }: RequestMessage): Request {
  return { id, question: questionFromMessage(question) };
}

export function requestToMessage({ id, question }: Request): RequestMessage {
  if (question.kind !== 'command') return { id, question };
  const { command } = question;
  return {
    id,
    question: { kind: 'command', command: { ...command, operation: operationToMessage(command.operation) } },
  };
}

export function replyToMessage({ id, answer }: Reply): ReplyMessage {
  return { id, answer: answerToMessage(answer) };
}

/** Returns the checked reply. Byte fields of the reply are views of the frame's bytes. */
export function replyFromMessage({ id, answer }: ReplyMessage): Reply {
  return { id, answer: answerFromMessage(answer) };
}

function questionFromMessage(question: RequestQuestion): Question {
  switch (question.kind) {
    case 'command':
      return { kind: 'command', command: commandFromMessage(question.command) };
    case 'read':
      boundedBytes(question.key, 1, LIMITS.messages.keyBytes, 'a key');
      return question;
    case 'machine-read':
      boundedBytes(question.key, 1, LIMITS.messages.keyBytes, 'a key');
      boundedBytes(question.question, 0, LIMITS.messages.valueBytes, 'a question');
      checkedMachineName(question.machine);
      return question;
    case 'list':
      checkList(question);
      return question;
    case 'watch':
      checkWatch(question);
      return question;
    case 'administer':
      checkAdministration(question.administration);
      return question;
    case 'settle':
      checkSettle(question);
      return question;
    case 'lock-range':
      checkLockRange(question);
      return question;
    default:
      return question;
  }
}

function checkList({ shards, from, to, limit }: List): void {
  if (shards.length === 0) throw malformed('a list of no shards');
  bounded(shards, LIMITS.configuration.shards, 'shards');
  for (const shard of shards) checkRange(shard);
  if (limit === 0 || limit > LIMITS.lists.pageEntries) throw malformed(`a page of ${limit} entries`);
  // A bound can be the key directly behind a longest key, which has one byte more.
  for (const bound of [from, to]) boundedBytes(bound ?? NO_BYTES, 0, LIMITS.messages.keyBytes + 1, 'a bound');
}

function checkPage({ entries, next }: Page): void {
  bounded(entries, LIMITS.lists.pageEntries, 'entries');
  for (const { key, value } of entries) {
    boundedBytes(key, 1, LIMITS.messages.keyBytes, 'a key');
    boundedBytes(value, 0, LIMITS.messages.valueBytes, 'a value');
  }
  boundedBytes(next ?? NO_BYTES, 0, LIMITS.messages.keyBytes + 1, 'a bound');
}

function checkWatch({ ranges, from, to, limit }: Watch): void {
  if (ranges.length === 0) throw malformed('a watch of no slots');
  checkWatchedRanges(ranges);
  if (limit === 0 || limit > LIMITS.watches.answerChanges) throw malformed(`an answer of ${limit} changes`);
  for (const bound of [from, to]) boundedBytes(bound ?? NO_BYTES, 0, LIMITS.messages.keyBytes + 1, 'a bound');
}

function checkChanges({ changes, ranges }: Changes): void {
  checkWatchedRanges(ranges);
  bounded(changes, LIMITS.watches.windowChanges, 'changes');
  for (const { type, key, value } of changes) {
    boundedBytes(key, 1, LIMITS.messages.keyBytes, 'a key');
    boundedBytes(value, 0, type === 'put' ? LIMITS.messages.valueBytes : 0, 'a value');
  }
}

function checkWatchedRanges(ranges: readonly WatchedRange[]): void {
  bounded(ranges, LIMITS.configuration.shards, 'ranges');
  let last = -1;
  for (const range of ranges) {
    if (range.first <= last || range.last < range.first) throw malformed('watched slots out of order');
    last = range.last;
  }
}

function checkAdministration(administration: Administration): void {
  switch (administration.kind) {
    case 'join':
      bounded(administration.participants, LIMITS.configuration.radiants, 'radiants');
      distinct(administration.participants, ({ radiant }) => radiant, 'radiants');
      return;
    case 'leave':
      bounded(administration.radiants, LIMITS.configuration.radiants, 'radiants');
      return;
    case 'installed':
      return checkRange(administration.shard);
    default:
  }
}

function answerToMessage(answer: Answer): ReplyAnswer {
  switch (answer.kind) {
    case 'value':
      return { ...answer, found: true };
    case 'missing':
      return { kind: 'value', found: false, value: NO_BYTES, versionstamp: undefined };
    case 'refusal':
      return { ...answer, message: answer.message.slice(0, LIMITS.messages.refusalCharacters) };
    case 'configuration':
      return { kind: 'configuration', configuration: encodeConfiguration(answer.configuration) };
    default:
      return answer;
  }
}

function answerFromMessage(answer: ReplyAnswer): Answer {
  switch (answer.kind) {
    case 'value': {
      const { kind, found, value, versionstamp, expiresInMs } = answer;
      if (!found) return { kind: 'missing' };
      boundedBytes(value, 0, LIMITS.messages.valueBytes, 'a value');
      return { kind, value, versionstamp: versionstamp ?? missing('Value.versionstamp'), expiresInMs };
    }
    case 'written':
      boundedBytes(answer.reply ?? NO_BYTES, 0, LIMITS.machines.commandReplyBytes, 'a reply');
      return answer;
    case 'machine-reply':
      boundedBytes(answer.reply, 0, LIMITS.messages.valueBytes, 'a reply');
      return answer;
    case 'conflict':
      boundedBytes(answer.current?.value ?? NO_BYTES, 0, LIMITS.messages.valueBytes, 'a value');
      return answer;
    case 'page':
      checkPage(answer);
      return answer;
    case 'transacted':
      bounded(answer.conflicts, 2 * LIMITS.transactions.keys, 'conflicts');
      return answer;
    case 'changes':
      checkChanges(answer);
      return answer;
    case 'refusal':
      return refusalFromMessage(answer);
    case 'configuration':
      return { kind: 'configuration', configuration: decodeConfiguration(answer.configuration) };
    default:
      return answer;
  }
}

function refusalFromMessage(refusal: Refusal): Answer {
  const { code, message, withoutEffect } = refusal;
  if (code === '') throw malformed('a refusal without a code');
  boundedText(message, LIMITS.messages.refusalCharacters, "a refusal's message");
  return { ...refusal, code: parseErrorCode(code) ?? codeOfNewerBuild(withoutEffect) };
}

/**
 * Returns a known code in place of an unknown code of a newer build. The known code still tells whether the request
 * took effect.
 */
function codeOfNewerBuild(withoutEffect: boolean): ErrorCode {
  return withoutEffect ? 'UNAVAILABLE' : 'OUTCOME_UNKNOWN';
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
