/** Checks commands in requests and log entries. All errors are `FRAME_MALFORMED`. */
import type { Command, Operation } from './command.ts';
import { boundedBytes, malformed } from '../decoding.ts';
import type { Command as CommandMessage, Operation as OperationMessage } from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';

/** Key and value are views. */
export function commandFromMessage(message: CommandMessage): Command {
  const { sequence, finishedThrough, slot, shardEpoch } = message;
  if (sequence === 0) throw malformed('a command without a sequence number');
  return { sequence, finishedThrough, slot, shardEpoch, operation: operationFromMessage(message.operation) };
}

export function checkKeyBytes(key: Uint8Array): void {
  boundedBytes(key, 1, LIMITS.keyBytes, 'a key');
}

export function checkValueBytes(value: Uint8Array): void {
  boundedBytes(value, 0, LIMITS.valueBytes, 'a value');
}

function operationFromMessage({ kind, key, value = NO_BYTES }: OperationMessage): Operation {
  checkKeyBytes(key);
  if (kind === 'delete') return { kind, key };
  checkValueBytes(value);
  return { kind, key, value };
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
