/** Encodes, decodes and checks the entries of an order's log. */
import type { Command, Entry } from './command.ts';
import { checkChange, checkRange } from '../configuration/order-checks.ts';
import { checkTarget, checkTargetNumber } from '../configuration/roster.ts';
import { boundedBytes, boundedText, malformed, missing } from '../decoding.ts';
import { decodeMessage } from '../field-reader.ts';
import { encodeMessage } from '../field-writer.ts';
import {
  type Command as CommandMessage,
  type Entry as EntryMessage,
  type EntryContent,
  readEntry,
  type ShardInstall,
  writeEntry,
} from '../generated/shardbearer.ts';
import { asSequenceNumber, asSlot } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import {
  checkLockRange,
  checkSettle,
  commitFromMessage,
  operationToMessage,
  prepareFromMessage,
} from './transaction-codec.ts';

/**
 * Encodes an entry. The entry names the oldest schema version that has all of the entry's fields. Older builds that
 * know this version can then read the entry.
 */
export function encodeEntry(entry: Entry): Uint8Array {
  return encodeMessage(writeEntry, entryToMessage(entry));
}

/**
 * Decodes an entry. Key, value and chunk are views of `bytes`. An entry of a newer build is refused, because this
 * replica would apply it only in part and differ from the others.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`, `VERSION_UNSUPPORTED`
 */
export function decodeEntry(bytes: Uint8Array): Entry {
  const message = decodeMessage('Entry', bytes, LIMITS.messages.frameBytes, readEntry);
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
      const content = { kind: 'operation', operation: operationToMessage(operation) } as const;
      const { client } = entry;
      const schemaVersion = schemaVersionOf(operation);
      return { schemaVersion, logTimeMs, client, sequence, finishedThrough, slot, shardEpoch, content };
    }
    case 'open-session':
      return { ...NO_COMMAND, schemaVersion: 1, logTimeMs, client: entry.client, content: entry };
    case 'members':
      return { ...NO_COMMAND, schemaVersion: 2, logTimeMs, content: { kind: 'members', members: entry } };
    case 'members-reached':
      return { ...NO_COMMAND, schemaVersion: 2, logTimeMs, content: entry };
    case 'expire':
    case 'settle':
    case 'lock-range':
    case 'release-range':
      return { ...NO_COMMAND, schemaVersion: 5, logTimeMs, content: entry };
    default:
      return { ...NO_COMMAND, schemaVersion: 3, logTimeMs, content: entry };
  }
}

function schemaVersionOf(operation: Command['operation']): number {
  if (operation.kind === 'prepare' || operation.kind === 'commit' || operation.kind === 'machine') return 5;
  if (operation.kind === 'put' && operation.expiresInMs !== undefined) return 5;
  return operation.condition === undefined && operation.kind !== 'append-element' ? 1 : 4;
}

/**
 * Checks the command in a request or an entry. The command's key and value are views of the message's bytes.
 * @throws {ShardbearerError} `FRAME_MALFORMED`
 */
export function commandFromMessage(message: CommandMessage): Command {
  const { sequence, finishedThrough, slot, shardEpoch } = message;
  const { kind, key = NO_BYTES, value = NO_BYTES, condition, expiresInMs } = message.operation;
  if (sequence === 0) throw malformed('a command without a sequence number');
  const command = { sequence, finishedThrough, slot, shardEpoch };
  if (kind === 'prepare') return { ...command, operation: prepareFromMessage(message.operation.prepare, slot) };
  if (kind === 'commit') return { ...command, operation: commitFromMessage(message.operation.commit, slot) };
  boundedBytes(key, 1, LIMITS.messages.keyBytes, 'a key');
  if (kind === 'delete') return { ...command, operation: { kind, key, condition } };
  boundedBytes(value, 0, LIMITS.messages.valueBytes, 'a value');
  if (kind === 'machine') {
    const machine = checkedMachineName(message.operation.machine ?? missing('Operation.machine'));
    return { ...command, operation: { kind, machine, key, value, condition } };
  }
  if (kind !== 'put') return { ...command, operation: { kind, key, value, condition } };
  checkExpiry(expiresInMs);
  return { ...command, operation: { kind, key, value, condition, expiresInMs } };
}

/** @throws {ShardbearerError} `FRAME_MALFORMED` */
export function checkedMachineName(name: string): string {
  if (name === '') throw malformed('a machine without a name');
  return boundedText(name, LIMITS.messages.nameCharacters, 'the name of a machine');
}

function checkContent(content: Exclude<EntryContent, { kind: 'operation' | 'open-session' | 'members' }>): void {
  switch (content.kind) {
    case 'members-reached':
      return checkTargetNumber(content.number);
    case 'companion':
    case 'expire':
      return;
    case 'install':
      return checkInstall(content);
    case 'freeze':
    case 'discard':
    case 'consolidate':
      return checkRange(content.shard);
    case 'configure':
      return checkChange(content.change);
    case 'settle':
      return checkSettle(content);
    case 'lock-range':
      return checkLockRange(content);
    case 'release-range':
      return;
  }
}

function checkExpiry(expiresInMs: number | undefined): void {
  if (expiresInMs === undefined) return;
  if (expiresInMs === 0 || expiresInMs > LIMITS.expiry.longestMs) throw malformed(`a time of ${expiresInMs} ms`);
}

function checkInstall({ shard, bytes }: ShardInstall): void {
  checkRange(shard);
  boundedBytes(bytes, 1, LIMITS.snapshots.snapshotChunkMaximumBytes, 'a chunk of a shard');
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
