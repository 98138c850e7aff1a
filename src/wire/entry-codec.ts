import { create, toBinary } from '@bufbuild/protobuf';
import type { Entry } from './command.ts';
import { decodeMessage, malformed } from './decoding.ts';
import { ShardbearerError } from './errors.ts';
import { type Entry as EntryMessage, EntrySchema } from './generated/shardbearer_pb.ts';
import { asSequenceNumber, asSlot, idFromBytes, idToBytes } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import { operationFromMessage, operationToMessage, sequenceFromMessage } from './operation-codec.ts';
import { safeInteger, uint64 } from './safe-integer.ts';
import { ENTRY_SCHEMA_VERSION } from './versions.ts';

export function encodeEntry(entry: Entry): Uint8Array {
  const common = {
    schemaVersion: ENTRY_SCHEMA_VERSION,
    logTimeMs: uint64(entry.logTimeMs),
    client: idToBytes(entry.client),
  };
  if (entry.kind === 'open-session') {
    return toBinary(EntrySchema, create(EntrySchema, { ...common, kind: { case: 'openSession', value: {} } }));
  }
  const { command } = entry;
  const message = create(EntrySchema, {
    ...common,
    sequence: uint64(command.sequence),
    finishedThrough: uint64(command.finishedThrough),
    slot: command.slot,
    shardEpoch: uint64(command.shardEpoch),
    kind: { case: 'operation', value: operationToMessage(command.operation) },
  });
  return toBinary(EntrySchema, message);
}

/**
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for an entry that a newer build wrote: applying it halfway
 * would make this replica differ from the others. `FRAME_MALFORMED`, `FRAME_TOO_LARGE`.
 */
export function decodeEntry(bytes: Uint8Array): Entry {
  return decodeMessage(EntrySchema, bytes, LIMITS.frameBytes, entryFromMessage);
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
  const client = idFromBytes<Entry['client']>(message.client);
  const kind = message.kind;
  switch (kind.case) {
    case 'openSession':
      return { kind: 'open-session', logTimeMs, client };
    case 'operation':
      return {
        kind: 'command',
        logTimeMs,
        client,
        command: {
          sequence: sequenceFromMessage(message.sequence),
          finishedThrough: asSequenceNumber(safeInteger(message.finishedThrough)),
          slot: asSlot(message.slot),
          shardEpoch: safeInteger(message.shardEpoch),
          operation: operationFromMessage(kind.value),
        },
      };
    default:
      throw malformed("an entry's kind is missing");
  }
}
