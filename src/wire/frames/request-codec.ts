/** What clients ask and what they are answered, as the schema's `Request` and `Reply`. */
import { decodeAdministration, decodeQuery, encodeAdministration, encodeQuery } from './administration-codec.ts';
import type { Versionstamp } from '../entries/command.ts';
import { decodeConfiguration, encodeConfiguration } from '../configuration/configuration-codec.ts';
import { boundedText, malformed, required } from '../decoding.ts';
import { type ErrorCode, parseErrorCode } from '../errors.ts';
import type { FieldReader, FieldWriter } from '../field-codec.ts';
import type { Answer, Question, Reply, Request, RequestId } from './frame.ts';
import { asRequestNumber, asSlot, type BootId, type ClientId, type RadiantId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { checkKeyBytes, checkValueBytes, readCommand, writeCommand } from '../entries/operation-codec.ts';

type ReadQuestion = Extract<Question, { kind: 'read' }>;
type Written = Extract<Answer, { kind: 'written' }>;
type Value = Extract<Answer, { kind: 'value' | 'missing' }>;
type Refusal = Extract<Answer, { kind: 'refusal' }>;

export function writeRequest(writer: FieldWriter, { id, question }: Request): void {
  writeRequestId(writer, id);
  if (question.kind === 'command') writer.nested(4, writeCommand, question.command);
  else if (question.kind === 'read') writer.nested(5, writeRead, question);
  else if (question.kind === 'open-session') writer.empty(6);
  else if (question.kind === 'administer') writer.element(7, encodeAdministration(question.administration));
  else writer.element(8, encodeQuery(question.number));
}

export function readRequest(reader: FieldReader): Request {
  const id = new IdFields();
  let question: Question | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >= 4 && field <= 8 && question !== undefined) throw malformed('a request with two questions');
    if (field === 4) question = { kind: 'command', command: reader.message(readCommand) };
    else if (field === 5) question = reader.message(readRead);
    else if (field === 6) question = reader.message(readOpenSession);
    else if (field === 7) question = { kind: 'administer', administration: decodeAdministration(reader.view()) };
    else if (field === 8) question = { kind: 'query', number: decodeQuery(reader.view()) };
    else id.read(field, reader);
  }
  return { id: id.build(), question: required(question, "a request's question") };
}

export function writeReply(writer: FieldWriter, { id, answer }: Reply): void {
  writeRequestId(writer, id);
  switch (answer.kind) {
    case 'written':
      return writer.nested(4, writeWritten, answer);
    case 'value':
    case 'missing':
      return writer.nested(5, writeValue, answer);
    case 'refusal':
      return writer.nested(6, writeRefusal, answer);
    case 'session-opened':
      return writer.empty(7);
    case 'configuration':
      return writer.element(8, encodeConfiguration(answer.configuration));
  }
}

export function readReply(reader: FieldReader): Reply {
  const id = new IdFields();
  let answer: Answer | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >= 4 && field <= 8 && answer !== undefined) throw malformed('a reply with two answers');
    if (field === 4) answer = reader.message(readWritten);
    else if (field === 5) answer = reader.message(readValue);
    else if (field === 6) answer = reader.message(readRefusal);
    else if (field === 7) answer = reader.message(readSessionOpened);
    else if (field === 8) answer = { kind: 'configuration', configuration: decodeConfiguration(reader.view()) };
    else id.read(field, reader);
  }
  return { id: id.build(), answer: required(answer, "a reply's answer") };
}

function writeRequestId(writer: FieldWriter, { client, clientBoot, number }: RequestId): void {
  writer.id(1, client);
  writer.id(2, clientBoot);
  writer.number(3, number);
}

/** The fields that a request and its reply have in common, as they come. */
class IdFields {
  client: ClientId | undefined;
  clientBoot: BootId | undefined;
  number = 0;

  read(field: number, reader: FieldReader): void {
    if (field === 1) this.client = reader.id();
    else if (field === 2) this.clientBoot = reader.id();
    else if (field === 3) this.number = reader.number();
    else reader.skip();
  }

  build(): RequestId {
    return {
      client: required(this.client, 'a client'),
      clientBoot: required(this.clientBoot, "a client's boot"),
      number: asRequestNumber(this.number),
    };
  }
}

function writeRead(writer: FieldWriter, { slot, shardEpoch, key }: ReadQuestion): void {
  writer.number(1, slot);
  writer.number(2, shardEpoch);
  writer.bytes(3, key);
}

/** Its key is a view. */
function readRead(reader: FieldReader): ReadQuestion {
  let slot = 0;
  let shardEpoch = 0;
  let key = NO_BYTES;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) slot = reader.number();
    else if (field === 2) shardEpoch = reader.number();
    else if (field === 3) key = reader.view();
    else reader.skip();
  }
  return { kind: 'read', slot: asSlot(slot), shardEpoch, key: checkKeyBytes(key) };
}

function readOpenSession(reader: FieldReader): Question {
  skipAll(reader);
  return { kind: 'open-session' };
}

function writeWritten(writer: FieldWriter, { versionstamp, existed }: Written): void {
  writer.nested(1, writeVersionstamp, versionstamp);
  writer.flag(2, existed);
}

function readWritten(reader: FieldReader): Written {
  let versionstamp: Versionstamp | undefined;
  let existed = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) versionstamp = reader.message(readVersionstamp);
    else if (field === 2) existed = reader.flag();
    else reader.skip();
  }
  return { kind: 'written', versionstamp: required(versionstamp, 'a versionstamp'), existed };
}

function writeValue(writer: FieldWriter, answer: Value): void {
  if (answer.kind === 'missing') return;
  writer.flag(1, true);
  writer.bytes(2, answer.value);
  writer.nested(3, writeVersionstamp, answer.versionstamp);
}

/** The value is a view. */
function readValue(reader: FieldReader): Value {
  let found = false;
  let value = NO_BYTES;
  let versionstamp: Versionstamp | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) found = reader.flag();
    else if (field === 2) value = reader.view();
    else if (field === 3) versionstamp = reader.message(readVersionstamp);
    else reader.skip();
  }
  if (!found) return { kind: 'missing' };
  return { kind: 'value', value: checkValueBytes(value), versionstamp: required(versionstamp, 'a versionstamp') };
}

function writeRefusal(writer: FieldWriter, { code, message, herald, withoutEffect }: Refusal): void {
  writer.text(1, code);
  writer.text(2, message.slice(0, LIMITS.refusalCharacters));
  writer.id(3, herald);
  writer.flag(4, withoutEffect);
}

function readRefusal(reader: FieldReader): Refusal {
  let code = '';
  let message = '';
  let herald: RadiantId | undefined;
  let withoutEffect = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) code = reader.text();
    else if (field === 2) message = reader.text();
    else if (field === 3) herald = reader.id();
    else if (field === 4) withoutEffect = reader.flag();
    else reader.skip();
  }
  if (code === '') throw malformed('a refusal without a code');
  return {
    kind: 'refusal',
    code: parseErrorCode(code) ?? codeOfNewerBuild(withoutEffect),
    message: boundedText(message, LIMITS.refusalCharacters, "a refusal's message"),
    herald,
    withoutEffect,
  };
}

/** A newer build's code says nothing here, but whether the request took effect must not get lost. */
function codeOfNewerBuild(withoutEffect: boolean): ErrorCode {
  return withoutEffect ? 'UNAVAILABLE' : 'OUTCOME_UNKNOWN';
}

function readSessionOpened(reader: FieldReader): Answer {
  skipAll(reader);
  return { kind: 'session-opened' };
}

function writeVersionstamp(writer: FieldWriter, { generation, revision }: Versionstamp): void {
  writer.number(1, generation);
  writer.number(2, revision);
}

function readVersionstamp(reader: FieldReader): Versionstamp {
  let generation = 0;
  let revision = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) generation = reader.number();
    else if (field === 2) revision = reader.number();
    else reader.skip();
  }
  return { generation, revision };
}

function skipAll(reader: FieldReader): void {
  while (reader.next() !== 0) reader.skip();
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
