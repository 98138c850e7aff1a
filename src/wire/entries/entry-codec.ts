/** Encodes, decodes and checks the entries of an order's log. */
import type { Entry } from './command.ts';
import { commandFromMessage } from './command-checks.ts';
import { checkChange, checkRange } from '../configuration/order-checks.ts';
import { checkTarget, checkTargetNumber } from '../configuration/roster-codec.ts';
import { boundedBytes, missing } from '../decoding.ts';
import { decodeMessage } from '../field-reader.ts';
import { encodeMessage } from '../field-writer.ts';
import {
  type Entry as EntryMessage,
  type EntryContent,
  readEntry,
  type ShardInstall,
  writeEntry,
} from '../generated/shardbearer.ts';
import { asSequenceNumber, asSlot } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';

/** Names the oldest schema version that has all of the entry, so that older builds read what they can. */
export function encodeEntry(entry: Entry): Uint8Array {
  return encodeMessage(writeEntry, entryToMessage(entry));
}

/**
 * Key, value and chunk are views of `bytes`.
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for an entry of a newer build: this replica would apply half of it
 * and differ from the others. `FRAME_MALFORMED`, `FRAME_TOO_LARGE`.
 */
export function decodeEntry(bytes: Uint8Array): Entry {
  return decodeMessage('Entry', bytes, LIMITS.frameBytes, readEntry, entryFromMessage);
}

const NO_COMMAND = {
  client: undefined,
  sequence: asSequenceNumber(0),
  finishedThrough: asSequenceNumber(0),
  slot: asSlot(0),
  shardEpoch: 0,
} as const;

function entryToMessage(entry: Entry): EntryMessage {
  const { logTimeMs } = entry;
  switch (entry.kind) {
    case 'command': {
      const { sequence, finishedThrough, slot, shardEpoch, operation } = entry.command;
      const content = { kind: 'operation', operation } as const;
      const { client } = entry;
      return { schemaVersion: 1, logTimeMs, client, sequence, finishedThrough, slot, shardEpoch, content };
    }
    case 'open-session':
      return { ...NO_COMMAND, schemaVersion: 1, logTimeMs, client: entry.client, content: entry };
    case 'members':
      return { ...NO_COMMAND, schemaVersion: 2, logTimeMs, content: { kind: 'members', members: entry } };
    case 'members-reached':
      return { ...NO_COMMAND, schemaVersion: 2, logTimeMs, content: entry };
    default:
      return { ...NO_COMMAND, schemaVersion: 3, logTimeMs, content: entry };
  }
}

function entryFromMessage(message: EntryMessage): Entry {
  const { content, logTimeMs } = message;
  switch (content.kind) {
    case 'operation': {
      const { sequence, finishedThrough, slot, shardEpoch } = message;
      const { operation } = content;
      const command = commandFromMessage({ sequence, finishedThrough, slot, shardEpoch, operation });
      return { kind: 'command', logTimeMs, client: message.client ?? missing('Entry.client'), command };
    }
    case 'open-session':
      return { kind: 'open-session', logTimeMs, client: message.client ?? missing('Entry.client') };
    case 'members':
      checkTarget(content.members);
      return { ...content.members, kind: 'members', logTimeMs };
    default:
      checkContent(content);
      return { ...content, logTimeMs };
  }
}

function checkContent(content: Exclude<EntryContent, { kind: 'operation' | 'open-session' | 'members' }>): void {
  switch (content.kind) {
    case 'members-reached':
      return checkTargetNumber(content.number);
    case 'companion':
      return;
    case 'install':
      return checkInstall(content);
    case 'freeze':
    case 'discard':
    case 'consolidate':
      return checkRange(content.shard);
    case 'configure':
      return checkChange(content.change);
  }
}

function checkInstall({ shard, bytes }: ShardInstall): void {
  checkRange(shard);
  boundedBytes(bytes, 1, LIMITS.snapshotChunkMaximumBytes, 'a chunk of a shard');
}
