/** Operations and commands, which travel both in requests and in log entries. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Command, Operation } from './command.ts';
import { boundedBytes, malformed, required } from './decoding.ts';
import {
  type Command as CommandMessage,
  type CommandSchema,
  Operation_Kind,
  type Operation as OperationMessage,
  type OperationSchema,
} from './generated/shardbearer_pb.ts';
import { asSequenceNumber, asSlot, type SequenceNumber } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import { safeInteger, uint64 } from './safe-integer.ts';

export function operationToMessage(operation: Operation): MessageInitShape<typeof OperationSchema> {
  switch (operation.kind) {
    case 'put':
      return { kind: Operation_Kind.PUT, key: operation.key, value: operation.value };
    case 'append':
      return { kind: Operation_Kind.APPEND, key: operation.key, value: operation.value };
    case 'delete':
      return { kind: Operation_Kind.DELETE, key: operation.key };
  }
}

export function operationFromMessage(message: OperationMessage): Operation {
  const key = keyFromMessage(message.key);
  switch (message.kind) {
    case Operation_Kind.PUT:
      return { kind: 'put', key, value: valueFromMessage(message.value) };
    case Operation_Kind.APPEND:
      return { kind: 'append', key, value: valueFromMessage(message.value) };
    case Operation_Kind.DELETE:
      return { kind: 'delete', key };
    default:
      throw malformed(`an operation of kind ${message.kind}`);
  }
}

export function keyFromMessage(key: Uint8Array): Uint8Array {
  return boundedBytes(key, 1, LIMITS.keyBytes, 'a key');
}

export function valueFromMessage(value: Uint8Array): Uint8Array {
  return boundedBytes(value, 0, LIMITS.valueBytes, 'a value');
}

/** Commands count from 1. */
export function sequenceFromMessage(sequence: bigint): SequenceNumber {
  if (sequence === 0n) throw malformed('a command without a sequence number');
  return asSequenceNumber(safeInteger(sequence));
}

export function commandToMessage(command: Command): MessageInitShape<typeof CommandSchema> {
  return {
    sequence: uint64(command.sequence),
    finishedThrough: uint64(command.finishedThrough),
    slot: command.slot,
    shardEpoch: uint64(command.shardEpoch),
    operation: operationToMessage(command.operation),
  };
}

export function commandFromMessage(message: CommandMessage): Command {
  return {
    sequence: sequenceFromMessage(message.sequence),
    finishedThrough: asSequenceNumber(safeInteger(message.finishedThrough)),
    slot: asSlot(message.slot),
    shardEpoch: safeInteger(message.shardEpoch),
    operation: operationFromMessage(required(message.operation, 'a command without its operation')),
  };
}
