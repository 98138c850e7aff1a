/** Encodes and decodes Raft's messages and records, and checks the messages. */
import { boundedBytes, malformed } from '../decoding.ts';
import { decodeMessage, FieldReader } from '../field-reader.ts';
import { encodeMessage, FieldWriter } from '../field-writer.ts';
import {
  RAFT_MESSAGE_TYPES,
  readRaftEntry,
  readRaftHardState,
  readRaftMessage,
  writeRaftEntry,
  writeRaftHardState,
  writeRaftMessage,
} from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';
import { checkMembership } from './membership-codec.ts';
import type { RaftEntry, RaftHardState, RaftMessage, RaftMessageType } from './message.ts';

/** Size of the buffer that many messages share. */
const BUFFER_BYTES = 16_384;
const writer = new FieldWriter(BUFFER_BYTES);
/**
 * Most bytes of a message's context. A context holds the position of a read, with or without the time of a heartbeat.
 */
const CONTEXT_BYTES = 16;

/** Encodes a message. The result is a view of a shared buffer. Copy the result into a frame and do not keep it. */
export function encodeRaftMessage(message: RaftMessage): Uint8Array {
  writer.begin();
  writeRaftMessage(writer, message);
  return writer.take();
}

/**
 * Decodes a message and checks its consistency. The entries of an append follow the index that the message names,
 * without gaps. Their terms never shrink and do not exceed the term of the message.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeRaftMessage(bytes: Uint8Array): RaftMessage {
  const message = decodeMessage('RaftMessage', bytes, LIMITS.messages.frameBytes, readRaftMessage);
  const { type, context, snapshot, entries } = message;
  boundedBytes(context, 0, CONTEXT_BYTES, 'a context');
  if ((type === 'snapshot') !== (snapshot !== undefined)) throw malformed(`a snapshot in a message of type ${type}`);
  if (snapshot !== undefined) checkMembership(snapshot.membership);
  if (entries.length === 0 || type === 'propose') return message;
  if (type !== 'append') throw malformed(`entries in a message of type ${type}`);
  let { index, logTerm: term }: { index: number; logTerm: number } = message;
  for (const entry of entries) {
    if (entry.index !== index + 1) throw malformed(`entry ${entry.index} follows entry ${index}`);
    if (entry.term < term) throw malformed(`an entry of term ${entry.term} follows one of term ${term}`);
    ({ index, term } = entry);
  }
  if (term > message.term) throw malformed(`an entry of term ${term} in a message of term ${message.term}`);
  return message;
}

/** Reads the type of an encoded message. Returns undefined if the message does not start with its type. */
export function typeOfRaftMessage(bytes: Uint8Array): RaftMessageType | undefined {
  const reader = new FieldReader(bytes);
  return reader.next() === 1 ? RAFT_MESSAGE_TYPES[reader.number()] : undefined;
}

export function encodeRaftEntry(entry: RaftEntry): Uint8Array {
  return encodeMessage(writeRaftEntry, entry);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRaftEntry(bytes: Uint8Array): RaftEntry {
  return decodeMessage('RaftEntry', bytes, LIMITS.messages.frameBytes, readRaftEntry);
}

export function encodeRaftHardState(state: RaftHardState): Uint8Array {
  return encodeMessage(writeRaftHardState, state);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRaftHardState(bytes: Uint8Array): RaftHardState {
  return decodeMessage('RaftHardState', bytes, LIMITS.messages.frameBytes, readRaftHardState);
}
