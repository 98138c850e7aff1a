import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Entry } from './command.ts';
import { decodeMessage, malformed } from './decoding.ts';
import { ShardbearerError } from './errors.ts';
import { type Entry as EntryMessage, EntrySchema } from './generated/shardbearer_pb.ts';
import { asSequenceNumber, asSlot, type ClientId, idFromBytes, idToBytes } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import { operationFromMessage, operationToMessage, sequenceFromMessage } from './operation-codec.ts';
import { wishFromMessage, wishNumber, wishToMessage } from './roster-codec.ts';
import { safeInteger, uint64 } from './safe-integer.ts';
import { ENTRY_SCHEMA_VERSION } from './versions.ts';

export function encodeEntry(entry: Entry): Uint8Array {
  const message = { ...entryToMessage(entry), logTimeMs: uint64(entry.logTimeMs) };
  return toBinary(EntrySchema, create(EntrySchema, message));
}

/**
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for an entry that a newer build wrote: applying it halfway
 * would make this replica differ from the others. `FRAME_MALFORMED`, `FRAME_TOO_LARGE`.
 */
export function decodeEntry(bytes: Uint8Array): Entry {
  return decodeMessage(EntrySchema, bytes, LIMITS.frameBytes, entryFromMessage);
}

/** With the oldest schema version that has all of it: older builds read what they can. */
function entryToMessage(entry: Entry): MessageInitShape<typeof EntrySchema> {
  switch (entry.kind) {
    case 'open-session':
      return { schemaVersion: 1, client: idToBytes(entry.client), kind: { case: 'openSession', value: {} } };
    case 'command': {
      const { client, command } = entry;
      return {
        schemaVersion: 1,
        client: idToBytes(client),
        sequence: uint64(command.sequence),
        finishedThrough: uint64(command.finishedThrough),
        slot: command.slot,
        shardEpoch: uint64(command.shardEpoch),
        kind: { case: 'operation', value: operationToMessage(command.operation) },
      };
    }
    case 'members':
      return { schemaVersion: 2, kind: { case: 'members', value: wishToMessage(entry) } };
    case 'members-reached':
      return { schemaVersion: 2, kind: { case: 'membersReached', value: { number: uint64(entry.number) } } };
  }
}

function entryFromMessage(message: EntryMessage): Entry {
  if (message.schemaVersion > ENTRY_SCHEMA_VERSION) {
    throw new ShardbearerError(
      'VERSION_UNSUPPORTED',
      `an entry has schema version ${message.schemaVersion}, this build reads up to ${ENTRY_SCHEMA_VERSION}: reload`,
    );
  }
  if (message.schemaVersion === 0) throw malformed('an entry without a schema version');
  const logTimeMs = safeInteger(message.logTimeMs);
  const kind = message.kind;
  switch (kind.case) {
    case 'openSession':
      return { kind: 'open-session', logTimeMs, client: idFromBytes(message.client) };
    case 'operation':
      return {
        kind: 'command',
        logTimeMs,
        client: idFromBytes<ClientId>(message.client),
        command: {
          sequence: sequenceFromMessage(message.sequence),
          finishedThrough: asSequenceNumber(safeInteger(message.finishedThrough)),
          slot: asSlot(message.slot),
          shardEpoch: safeInteger(message.shardEpoch),
          operation: operationFromMessage(kind.value),
        },
      };
    case 'members':
      return { kind: 'members', logTimeMs, ...wishFromMessage(kind.value) };
    case 'membersReached':
      return { kind: 'members-reached', logTimeMs, number: wishNumber(kind.value.number) };
    default:
      throw malformed("an entry's kind is missing");
  }
}
