/** Converts and checks the messages of transactions. All errors are `FRAME_MALFORMED`. */
import { checkRange } from '../configuration/order-checks.ts';
import { bounded, boundedBytes, distinct, malformed, missing } from '../decoding.ts';
import type {
  Commit as CommitMessage,
  KeyWrite as KeyWriteMessage,
  LockRange,
  Operation as OperationMessage,
  Prepare as PrepareMessage,
  Settle,
  TransactionPart as TransactionPartMessage,
} from '../generated/shardbearer.ts';
import type { Slot } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import type { Command, Commit, KeyWrite, Prepare, TransactionPart } from './command.ts';

export function operationToMessage(operation: Command['operation']): OperationMessage {
  switch (operation.kind) {
    case 'prepare':
      return { kind: 'prepare', prepare: operation };
    case 'commit':
      return { kind: 'commit', commit: operation };
    default:
      return operation;
  }
}

/** @param slot the slot of the command */
export function prepareFromMessage(message: PrepareMessage | undefined, slot: Slot): Prepare {
  const { transaction, home, part } = message ?? missing('Operation.prepare');
  if (transaction.sequence === 0) throw malformed('a transaction without a sequence number');
  if (part.slot !== slot) throw malformed('a part of a transaction in another slot than its command');
  if (home === slot) throw malformed('a home that prepares its own transaction');
  return { kind: 'prepare', transaction, home, part: partFromMessage(part) };
}

/** @param slot the slot of the command */
export function commitFromMessage(message: CommitMessage | undefined, slot: Slot): Commit {
  const { parts, participants } = message ?? missing('Operation.commit');
  if (parts[0]?.slot !== slot) throw malformed('a transaction whose first part is not in its home');
  bounded(parts, LIMITS.transactions.keys, 'parts of a transaction');
  bounded(participants, LIMITS.transactions.keys, 'participants');
  const slots = new Set([...parts.map((part) => part.slot), ...participants]);
  if (slots.size !== parts.length + participants.length) throw malformed('a transaction with a slot in two parts');
  const checked = parts.map(partFromMessage);
  const keys = checked.reduce((sum, { checks, writes }) => sum + checks.length + writes.length, 0);
  if (keys > 2 * LIMITS.transactions.keys) throw malformed('a transaction with too many keys');
  return { kind: 'commit', parts: checked, participants };
}

export function checkSettle({ transaction }: Settle): void {
  if (transaction.sequence === 0) throw malformed('a transaction without a sequence number');
}

export function checkLockRange({ shards, from, to }: Pick<LockRange, 'shards' | 'from' | 'to'>): void {
  if (shards.length === 0) throw malformed('a locked range of no shards');
  bounded(shards, LIMITS.configuration.shards, 'shards');
  for (const shard of shards) checkRange(shard);
  // A bound can be the key directly behind a longest key, which has one byte more.
  for (const bound of [from, to]) boundedBytes(bound ?? NO_BYTES, 0, LIMITS.messages.keyBytes + 1, 'a bound');
}

function partFromMessage({ writes, checks, ...part }: TransactionPartMessage): TransactionPart {
  bounded(checks, LIMITS.transactions.keys, 'checks');
  bounded(writes, LIMITS.transactions.keys, 'writes');
  for (const { key } of checks) boundedBytes(key, 1, LIMITS.messages.keyBytes, 'a key');
  // The order checks each write against the state before the transaction, so no write may depend on another one.
  distinct(writes, ({ key }) => String.fromCharCode(...key), 'written keys');
  return { ...part, checks, writes: writes.map(keyWriteFromMessage) };
}

export function keyWriteFromMessage({ kind, key, value = NO_BYTES }: KeyWriteMessage): KeyWrite {
  boundedBytes(key, 1, LIMITS.messages.keyBytes, 'a key');
  if (kind === 'delete') return { kind, key };
  boundedBytes(value, 0, LIMITS.messages.valueBytes, 'a value');
  return { kind, key, value };
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
