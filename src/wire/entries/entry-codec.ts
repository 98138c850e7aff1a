/**
 * Entries of an order's log, as the schema's `Entry`. What clients have done is written and read field by field, the
 * rarer kinds by the generated code.
 */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { ClientEntry, Entry, Operation } from './command.ts';
import { changeFromMessage, changeToMessage, rangeFromMessage, rangeToMessage } from '../configuration/order-codec.ts';
import { boundedBytes, decodeMessage, malformed, required } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import { decodeFields, type FieldReader, FieldWriter } from '../field-codec.ts';
import { type Entry as EntryMessage, EntrySchema } from '../generated/shardbearer_pb.ts';
import { asSequenceNumber, asSlot, type ClientId, idFromBytes, idToBytes } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { commandNumber, readOperation, writeOperation } from './operation-codec.ts';
import {
  companionFromNumber,
  targetFromMessage,
  targetNumber,
  targetToMessage,
} from '../configuration/roster-codec.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';
import { ENTRY_SCHEMA_VERSION } from '../versions.ts';

type RareEntry = Exclude<Entry, ClientEntry>;

const OPERATION = EntrySchema.field.operation.number;
const OPEN_SESSION = EntrySchema.field.openSession.number;
/** The fields of which an entry has one: what kind it is. */
const KINDS: ReadonlySet<number> = new Set(
  EntrySchema.oneofs.flatMap(({ fields }) => fields.map(({ number }) => number)),
);

const writer = new FieldWriter();

/** With the oldest schema version that has all of it: older builds read what they can. */
export function encodeEntry(entry: Entry): Uint8Array {
  if (entry.kind !== 'command' && entry.kind !== 'open-session') {
    const schemaVersion = entry.kind === 'members' || entry.kind === 'members-reached' ? 2 : 3;
    const message = { kind: rareToMessage(entry), schemaVersion, logTimeMs: uint64(entry.logTimeMs) };
    return toBinary(EntrySchema, create(EntrySchema, message));
  }
  writer.clear();
  writer.number(1, 1);
  writer.number(2, entry.logTimeMs);
  writer.id(3, entry.client);
  if (entry.kind === 'command') {
    const { sequence, finishedThrough, slot, shardEpoch, operation } = entry.command;
    writer.number(4, sequence);
    writer.number(5, finishedThrough);
    writer.number(6, slot);
    writer.number(7, shardEpoch);
    writer.nested(OPERATION, writeOperation, operation);
  } else writer.empty(OPEN_SESSION);
  return writer.take();
}

/**
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for an entry that a newer build wrote: applying it halfway
 * would make this replica differ from the others. `FRAME_MALFORMED`, `FRAME_TOO_LARGE`.
 */
export function decodeEntry(bytes: Uint8Array): Entry {
  const ofClient = decodeFields('Entry', bytes, LIMITS.frameBytes, readClientEntry);
  return ofClient ?? decodeMessage(EntrySchema, bytes, LIMITS.frameBytes, rareFromMessage);
}

/** Undefined: the entry is of another kind, or of none. */
function readClientEntry(reader: FieldReader): ClientEntry | undefined {
  let version = 0;
  let logTimeMs = 0;
  let client: ClientId | undefined;
  let sequence = 0;
  let finishedThrough = 0;
  let slot = 0;
  let shardEpoch = 0;
  let operation: Operation | undefined;
  let kinds = 0;
  let opensSession = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (KINDS.has(field)) kinds++;
    // It comes first: what a newer build means by the rest is not known.
    if (field === 1) version = checkVersion(reader.number());
    else if (field === 2) logTimeMs = reader.number();
    else if (field === 3) client = reader.id();
    else if (field === 4) sequence = reader.number();
    else if (field === 5) finishedThrough = reader.number();
    else if (field === 6) slot = reader.number();
    else if (field === 7) shardEpoch = reader.number();
    else if (field === OPERATION) operation = reader.message(readOperation);
    else {
      if (field === OPEN_SESSION) opensSession = true;
      reader.skip();
    }
  }
  if (version === 0) throw malformed('an entry without a schema version');
  if (kinds > 1) throw malformed('an entry of two kinds');
  if (operation === undefined && !opensSession) return undefined;
  const common = { logTimeMs, client: required(client, 'a client') };
  if (operation === undefined) return { kind: 'open-session', ...common };
  const command = {
    sequence: commandNumber(sequence),
    finishedThrough: asSequenceNumber(finishedThrough),
    slot: asSlot(slot),
    shardEpoch,
    operation,
  };
  return { kind: 'command', ...common, command };
}

function checkVersion(version: number): number {
  if (version <= ENTRY_SCHEMA_VERSION) return version;
  throw new ShardbearerError(
    'VERSION_UNSUPPORTED',
    `an entry has schema version ${version}, this build reads up to ${ENTRY_SCHEMA_VERSION}: reload`,
  );
}

function rareToMessage(entry: RareEntry): NonNullable<MessageInitShape<typeof EntrySchema>['kind']> {
  switch (entry.kind) {
    case 'members':
      return { case: 'members', value: targetToMessage(entry) };
    case 'members-reached':
      return { case: 'membersReached', value: { number: uint64(entry.number) } };
    case 'companion':
      return { case: 'companion', value: { replica: uint64(entry.companion ?? 0) } };
    case 'freeze':
      return { case: 'freeze', value: { shard: rangeToMessage(entry.shard), to: idToBytes(entry.to) } };
    case 'install': {
      const { from, chunk, isLast, bytes } = entry;
      const shard = rangeToMessage(entry.shard);
      return {
        case: 'install',
        value: { shard, from: idToBytes(from), chunk: uint64(chunk), last: isLast, content: bytes },
      };
    }
    case 'discard':
      return { case: 'discard', value: rangeToMessage(entry.shard) };
    case 'consolidate':
      return { case: 'consolidate', value: rangeToMessage(entry.shard) };
    case 'configure': {
      const { term, base, change } = entry;
      return {
        case: 'configure',
        value: { term: uint64(term), base: uint64(base), change: changeToMessage(change) },
      };
    }
  }
}

function rareFromMessage(message: EntryMessage): RareEntry {
  const logTimeMs = safeInteger(message.logTimeMs);
  const { kind } = message;
  switch (kind.case) {
    case 'members':
      return { kind: 'members', logTimeMs, ...targetFromMessage(kind.value) };
    case 'membersReached':
      return { kind: 'members-reached', logTimeMs, number: targetNumber(kind.value.number) };
    case 'companion':
      return { kind: 'companion', logTimeMs, companion: companionFromNumber(kind.value.replica) };
    case 'freeze': {
      const { shard, to } = kind.value;
      return { kind: 'freeze', logTimeMs, shard: rangeFromMessage(shard), to: idFromBytes(to) };
    }
    case 'install': {
      const { shard, from, chunk, last: isLast, content } = kind.value;
      const bytes = boundedBytes(content, 1, LIMITS.snapshotPieceBytes, 'a piece of a shard');
      const piece = { chunk: safeInteger(chunk), isLast, bytes };
      return { kind: 'install', logTimeMs, shard: rangeFromMessage(shard), from: idFromBytes(from), ...piece };
    }
    case 'discard':
    case 'consolidate':
      return { kind: kind.case, logTimeMs, shard: rangeFromMessage(kind.value) };
    case 'configure': {
      const { term, base, change } = kind.value;
      const numbers = { term: safeInteger(term), base: safeInteger(base) };
      return { kind: 'configure', logTimeMs, ...numbers, change: changeFromMessage(required(change, 'a change')) };
    }
    default:
      throw malformed("an entry's kind is missing");
  }
}
