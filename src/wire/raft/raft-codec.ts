/**
 * Raft's messages and records in bytes: as the schema says, but written and read field by field,
 * since heartbeats, appends and their answers are most of what a radiant handles.
 */
import { boundedBytes, malformed } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import { bytesFieldSize, FieldReader, FieldWriter, numberFieldSize } from '../field-codec.ts';
import { RaftMessageType as TypeOnWire } from '../generated/shardbearer_pb.ts';
import { asLogIndex, asReplicaId, type ReplicaId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { decodeRaftSnapshot, encodeRaftSnapshot } from './membership-codec.ts';
import type { RaftEntry, RaftHardState, RaftMessage, RaftMessageType, RaftSnapshot } from './message.ts';

/** Messages lie one behind the other in buffers of so many bytes. */
const BUFFER_BYTES = 16_384;
const writer = new FieldWriter(BUFFER_BYTES);

/** It lies among others in a buffer: it is to be put into a frame, and not kept. */
export function encodeRaftMessage(message: RaftMessage): Uint8Array {
  writer.number(1, TYPE_ON_WIRE[message.type]);
  writer.number(2, message.from);
  writer.number(3, message.to);
  writer.number(4, message.term);
  writer.number(5, message.logTerm);
  writer.number(6, message.index);
  writer.number(7, message.commit);
  writer.number(8, message.reject ? 1 : 0);
  writer.number(9, message.rejectHint);
  writer.bytes(10, message.context);
  for (const entry of message.entries) {
    writer.message(11, entrySize(entry));
    writeEntry(entry);
  }
  if (message.snapshot !== undefined) writer.bytes(12, encodeRaftSnapshot(message.snapshot));
  return writer.handOut();
}

/**
 * Reads a message and checks that its parts fit together: entries follow the place that an append
 * names, one after another, and their terms never shrink nor exceed the message's.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeRaftMessage(bytes: Uint8Array): RaftMessage {
  return decode(bytes, readMessage);
}

/** What kind of message it is, without reading on; undefined: it does not begin with that. */
export function typeOfRaftMessage(bytes: Uint8Array): RaftMessageType | undefined {
  const reader = new FieldReader(bytes);
  return reader.next() === 1 ? TYPE_IN_MEMORY[reader.number()] : undefined;
}

export function encodeRaftEntry(entry: RaftEntry): Uint8Array {
  writeEntry(entry);
  return writer.take();
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRaftEntry(bytes: Uint8Array): RaftEntry {
  return decode(bytes, readEntry);
}

export function encodeRaftHardState(state: RaftHardState): Uint8Array {
  writer.number(1, state.term);
  writer.number(2, state.vote ?? 0);
  writer.number(3, state.commit);
  return writer.take();
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRaftHardState(bytes: Uint8Array): RaftHardState {
  return decode(bytes, readHardState);
}

const TYPE_ON_WIRE: Readonly<Record<RaftMessageType, TypeOnWire>> = {
  'pre-vote': TypeOnWire.PRE_VOTE,
  'pre-vote-response': TypeOnWire.PRE_VOTE_RESPONSE,
  vote: TypeOnWire.VOTE,
  'vote-response': TypeOnWire.VOTE_RESPONSE,
  append: TypeOnWire.APPEND,
  'append-response': TypeOnWire.APPEND_RESPONSE,
  heartbeat: TypeOnWire.HEARTBEAT,
  'heartbeat-response': TypeOnWire.HEARTBEAT_RESPONSE,
  'read-index': TypeOnWire.READ_INDEX,
  'read-index-response': TypeOnWire.READ_INDEX_RESPONSE,
  propose: TypeOnWire.PROPOSE,
  snapshot: TypeOnWire.SNAPSHOT,
  'transfer-leader': TypeOnWire.TRANSFER_LEADER,
  'timeout-now': TypeOnWire.TIMEOUT_NOW,
};

const TYPE_IN_MEMORY: readonly (RaftMessageType | undefined)[] = [
  undefined,
  'pre-vote',
  'pre-vote-response',
  'vote',
  'vote-response',
  'append',
  'append-response',
  'heartbeat',
  'heartbeat-response',
  'read-index',
  'read-index-response',
  'propose',
  'snapshot',
  'transfer-leader',
  'timeout-now',
];

const ENTRY_KIND_MEMBERSHIP = 1;
/** The position of a read and the date of a heartbeat, where there are such. */
const CONTEXT_BYTES = 16;
const EMPTY_BYTES = new Uint8Array(0);
const NO_ENTRIES: readonly RaftEntry[] = [];

function decode<Value>(bytes: Uint8Array, read: (reader: FieldReader) => Value): Value {
  if (bytes.length > LIMITS.frameBytes) {
    throw new ShardbearerError('FRAME_TOO_LARGE', `${bytes.length} bytes, the limit is ${LIMITS.frameBytes}`);
  }
  return read(new FieldReader(bytes));
}

function entrySize(entry: RaftEntry): number {
  return (
    numberFieldSize(entry.term) +
    numberFieldSize(entry.index) +
    numberFieldSize(kindOnWire(entry)) +
    bytesFieldSize(entry.payload)
  );
}

function writeEntry(entry: RaftEntry): void {
  writer.number(1, entry.term);
  writer.number(2, entry.index);
  writer.number(3, kindOnWire(entry));
  writer.bytes(4, entry.payload);
}

function kindOnWire(entry: RaftEntry): number {
  return entry.kind === 'normal' ? 0 : ENTRY_KIND_MEMBERSHIP;
}

function readEntry(reader: FieldReader): RaftEntry {
  let term = 0;
  let index = 0;
  let kind = 0;
  let payload: Uint8Array = EMPTY_BYTES;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) term = reader.number();
    else if (field === 2) index = reader.number();
    else if (field === 3) kind = reader.number();
    else if (field === 4) payload = reader.bytes();
    else reader.skip();
  }
  if (kind > ENTRY_KIND_MEMBERSHIP) throw malformed(`an entry of kind ${kind}`);
  return { term, index: asLogIndex(index), kind: kind === 0 ? 'normal' : 'membership', payload };
}

function readHardState(reader: FieldReader): RaftHardState {
  let term = 0;
  let vote = 0;
  let commit = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) term = reader.number();
    else if (field === 2) vote = reader.number();
    else if (field === 3) commit = reader.number();
    else reader.skip();
  }
  return { term, vote: vote === 0 ? undefined : asReplicaId(vote), commit: asLogIndex(commit) };
}

function readMessage(reader: FieldReader): RaftMessage {
  const message = new FieldsOfMessage();
  for (let field = reader.next(); field !== 0; field = reader.next()) message.read(field, reader);
  const type = TYPE_IN_MEMORY[message.type];
  if (type === undefined) throw malformed(`a Raft message of type ${message.type}`);
  const decoded: RaftMessage = {
    type,
    from: replicaOf(message.from),
    to: replicaOf(message.to),
    term: message.term,
    logTerm: message.logTerm,
    index: asLogIndex(message.index),
    commit: asLogIndex(message.commit),
    reject: message.reject !== 0,
    rejectHint: asLogIndex(message.rejectHint),
    context: boundedBytes(message.context, 0, CONTEXT_BYTES, 'a context'),
    entries: message.entries ?? NO_ENTRIES,
    snapshot: message.snapshot,
  };
  if ((type === 'snapshot') !== (decoded.snapshot !== undefined))
    throw malformed(`a snapshot in a message of type ${type}`);
  checkEntries(decoded);
  return decoded;
}

/** A message's fields as they come. */
class FieldsOfMessage {
  type = 0;
  from = 0;
  to = 0;
  term = 0;
  logTerm = 0;
  index = 0;
  commit = 0;
  reject = 0;
  rejectHint = 0;
  context: Uint8Array = EMPTY_BYTES;
  entries: RaftEntry[] | undefined;
  snapshot: RaftSnapshot | undefined;

  read(field: number, reader: FieldReader): void {
    switch (field) {
      case 1:
        this.type = reader.number();
        return;
      case 2:
        this.from = reader.number();
        return;
      case 3:
        this.to = reader.number();
        return;
      case 4:
        this.term = reader.number();
        return;
      case 5:
        this.logTerm = reader.number();
        return;
      case 6:
        this.index = reader.number();
        return;
      case 7:
        this.commit = reader.number();
        return;
      case 8:
        this.reject = reader.number();
        return;
      case 9:
        this.rejectHint = reader.number();
        return;
      case 10:
        this.context = reader.bytes();
        return;
      case 11:
        (this.entries ??= []).push(reader.message(readEntry));
        return;
      case 12:
        this.snapshot = decodeRaftSnapshot(reader.bytes());
        return;
      default:
        reader.skip();
    }
  }
}

function replicaOf(value: number): ReplicaId {
  if (value === 0) throw malformed('a message without a sender or a receiver');
  return asReplicaId(value);
}

function checkEntries(message: RaftMessage): void {
  if (message.entries.length === 0 || message.type === 'propose') return;
  if (message.type !== 'append') throw malformed(`entries in a message of type ${message.type}`);
  let { index, logTerm: term }: { index: number; logTerm: number } = message;
  for (const entry of message.entries) {
    if (entry.index !== index + 1) throw malformed(`entry ${entry.index} follows entry ${index}`);
    if (entry.term < term) throw malformed(`an entry of term ${entry.term} follows one of term ${term}`);
    ({ index, term } = entry);
  }
  if (term > message.term) throw malformed(`an entry of term ${term} in a message of term ${message.term}`);
}
