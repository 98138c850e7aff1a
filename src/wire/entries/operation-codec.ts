/** Operations and commands, which travel both in requests and in log entries. */
import type { Command, Operation } from './command.ts';
import { boundedBytes, malformed, required } from '../decoding.ts';
import type { FieldReader, FieldWriter } from '../field-codec.ts';
import { Operation_Kind as KindOnWire } from '../generated/shardbearer_pb.ts';
import { asSequenceNumber, asSlot, type SequenceNumber } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';

export function writeCommand(writer: FieldWriter, command: Command): void {
  writer.number(1, command.sequence);
  writer.number(2, command.finishedThrough);
  writer.number(3, command.slot);
  writer.number(4, command.shardEpoch);
  writer.nested(5, writeOperation, command.operation);
}

export function readCommand(reader: FieldReader): Command {
  let sequence = 0;
  let finishedThrough = 0;
  let slot = 0;
  let shardEpoch = 0;
  let operation: Operation | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) sequence = reader.number();
    else if (field === 2) finishedThrough = reader.number();
    else if (field === 3) slot = reader.number();
    else if (field === 4) shardEpoch = reader.number();
    else if (field === 5) operation = reader.message(readOperation);
    else reader.skip();
  }
  return {
    sequence: commandNumber(sequence),
    finishedThrough: asSequenceNumber(finishedThrough),
    slot: asSlot(slot),
    shardEpoch,
    operation: required(operation, 'an operation'),
  };
}

export function writeOperation(writer: FieldWriter, operation: Operation): void {
  writer.number(1, KIND_ON_WIRE[operation.kind]);
  writer.bytes(2, operation.key);
  if (operation.kind !== 'delete') writer.bytes(3, operation.value);
}

/** Key and value are views. */
export function readOperation(reader: FieldReader): Operation {
  let kind = 0;
  let key = NO_BYTES;
  let value = NO_BYTES;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) kind = reader.number();
    else if (field === 2) key = reader.view();
    else if (field === 3) value = reader.view();
    else reader.skip();
  }
  checkKeyBytes(key);
  switch (kind) {
    case KindOnWire.PUT:
      return { kind: 'put', key, value: checkValueBytes(value) };
    case KindOnWire.APPEND:
      return { kind: 'append', key, value: checkValueBytes(value) };
    case KindOnWire.DELETE:
      return { kind: 'delete', key };
    default:
      throw malformed(`an operation of kind ${kind}`);
  }
}

export function checkKeyBytes(key: Uint8Array): Uint8Array {
  return boundedBytes(key, 1, LIMITS.keyBytes, 'a key');
}

export function checkValueBytes(value: Uint8Array): Uint8Array {
  return boundedBytes(value, 0, LIMITS.valueBytes, 'a value');
}

/** Commands count from 1. */
export function commandNumber(sequence: number): SequenceNumber {
  if (sequence === 0) throw malformed('a command without a sequence number');
  return asSequenceNumber(sequence);
}

const KIND_ON_WIRE: Readonly<Record<Operation['kind'], KindOnWire>> = {
  put: KindOnWire.PUT,
  append: KindOnWire.APPEND,
  delete: KindOnWire.DELETE,
};

const NO_BYTES: Uint8Array = new Uint8Array(0);
