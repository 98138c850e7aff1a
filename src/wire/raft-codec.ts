/** Raft's messages and records in bytes. Here, and only here, 64-bit numbers of the wire become safe integers. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { boundedBytes, decodeMessage, malformed } from './decoding.ts';
import {
  type RaftEntry as EntryMessage,
  RaftEntrySchema,
  type RaftHardState as HardStateMessage,
  RaftHardStateSchema,
  type RaftMessage as MessageMessage,
  RaftMessageSchema,
  RaftMessageType as TypeOnWire,
} from './generated/shardbearer_pb.ts';
import { asLogIndex, asReplicaId } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import type { RaftEntry, RaftHardState, RaftMessage, RaftMessageType } from './raft-message.ts';
import { safeInteger, uint64 } from './safe-integer.ts';

export function encodeRaftMessage(message: RaftMessage): Uint8Array {
  return toBinary(
    RaftMessageSchema,
    create(RaftMessageSchema, {
      type: TYPE_ON_WIRE[message.type],
      from: uint64(message.from),
      to: uint64(message.to),
      term: uint64(message.term),
      logTerm: uint64(message.logTerm),
      index: uint64(message.index),
      commit: uint64(message.commit),
      reject: message.reject,
      rejectHint: uint64(message.rejectHint),
      context: message.context,
      entries: message.entries.map(entryToMessage),
    }),
  );
}

/**
 * Reads a message and checks that its parts fit together: entries follow the place that an append
 * names, one after another, and their terms never shrink nor exceed the message's.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeRaftMessage(bytes: Uint8Array): RaftMessage {
  return decodeMessage(RaftMessageSchema, bytes, LIMITS.frameBytes, messageFromMessage);
}

export function encodeRaftEntry(entry: RaftEntry): Uint8Array {
  return toBinary(RaftEntrySchema, create(RaftEntrySchema, entryToMessage(entry)));
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRaftEntry(bytes: Uint8Array): RaftEntry {
  return decodeMessage(RaftEntrySchema, bytes, LIMITS.frameBytes, entryFromMessage);
}

export function encodeRaftHardState(state: RaftHardState): Uint8Array {
  return toBinary(
    RaftHardStateSchema,
    create(RaftHardStateSchema, {
      term: uint64(state.term),
      vote: state.vote === undefined ? 0n : uint64(state.vote),
      commit: uint64(state.commit),
    }),
  );
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRaftHardState(bytes: Uint8Array): RaftHardState {
  return decodeMessage(RaftHardStateSchema, bytes, LIMITS.frameBytes, hardStateFromMessage);
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
};

const TYPE_IN_MEMORY: ReadonlyMap<TypeOnWire, RaftMessageType> = new Map([
  [TypeOnWire.PRE_VOTE, 'pre-vote'],
  [TypeOnWire.PRE_VOTE_RESPONSE, 'pre-vote-response'],
  [TypeOnWire.VOTE, 'vote'],
  [TypeOnWire.VOTE_RESPONSE, 'vote-response'],
  [TypeOnWire.APPEND, 'append'],
  [TypeOnWire.APPEND_RESPONSE, 'append-response'],
  [TypeOnWire.HEARTBEAT, 'heartbeat'],
  [TypeOnWire.HEARTBEAT_RESPONSE, 'heartbeat-response'],
  [TypeOnWire.READ_INDEX, 'read-index'],
  [TypeOnWire.READ_INDEX_RESPONSE, 'read-index-response'],
  [TypeOnWire.PROPOSE, 'propose'],
]);

const ENTRY_KIND_NORMAL = 0;
const ENTRY_KIND_MEMBERSHIP = 1;
/** The position of a read, where there is one. */
const CONTEXT_BYTES = 8;

function entryToMessage(entry: RaftEntry): MessageInitShape<typeof RaftEntrySchema> {
  return {
    term: uint64(entry.term),
    index: uint64(entry.index),
    kind: entry.kind === 'normal' ? ENTRY_KIND_NORMAL : ENTRY_KIND_MEMBERSHIP,
    payload: entry.payload,
  };
}

function entryFromMessage(message: EntryMessage): RaftEntry {
  if (message.kind > ENTRY_KIND_MEMBERSHIP) throw malformed(`an entry of kind ${message.kind}`);
  return {
    term: safeInteger(message.term),
    index: asLogIndex(safeInteger(message.index)),
    kind: message.kind === ENTRY_KIND_NORMAL ? 'normal' : 'membership',
    payload: message.payload,
  };
}

function hardStateFromMessage(message: HardStateMessage): RaftHardState {
  return {
    term: safeInteger(message.term),
    vote: message.vote === 0n ? undefined : asReplicaId(safeInteger(message.vote)),
    commit: asLogIndex(safeInteger(message.commit)),
  };
}

function messageFromMessage(message: MessageMessage): RaftMessage {
  const type = TYPE_IN_MEMORY.get(message.type);
  if (type === undefined) throw malformed(`a Raft message of type ${message.type}`);
  const decoded: RaftMessage = {
    type,
    from: asReplicaId(safeInteger(message.from)),
    to: asReplicaId(safeInteger(message.to)),
    term: safeInteger(message.term),
    logTerm: safeInteger(message.logTerm),
    index: asLogIndex(safeInteger(message.index)),
    commit: asLogIndex(safeInteger(message.commit)),
    reject: message.reject,
    rejectHint: asLogIndex(safeInteger(message.rejectHint)),
    context: boundedBytes(message.context, 0, CONTEXT_BYTES, 'a context'),
    entries: message.entries.map(entryFromMessage),
  };
  checkEntries(decoded);
  return decoded;
}

function checkEntries(message: RaftMessage): void {
  if (message.entries.length === 0) return;
  if (message.type === 'propose') return;
  if (message.type !== 'append') throw malformed(`entries in a message of type ${message.type}`);
  let { index, logTerm: term }: { index: number; logTerm: number } = message;
  for (const entry of message.entries) {
    if (entry.index !== index + 1) throw malformed(`entry ${entry.index} follows entry ${index}`);
    if (entry.term < term) throw malformed(`an entry of term ${entry.term} follows one of term ${term}`);
    ({ index, term } = entry);
  }
  if (term > message.term) throw malformed(`an entry of term ${term} in a message of term ${message.term}`);
}
