/**
 * Bodies that carry a message of the consensus: as the schema's `Body` with a `ConsensusEnvelope`, but written and
 * read field by field, since they are most of what travels.
 */
import { malformed, required } from './decoding.ts';
import {
  bytesFieldSize,
  decodeFields,
  type FieldReader,
  FieldWriter,
  messageFieldSize,
  numberFieldSize,
} from './field-codec.ts';
import type { Body, Position } from './frame.ts';
import type { ConsensusEnvelope } from './generated/shardbearer_pb.ts';
import { asReplicaId } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import { positionFromMessage } from './presence-codec.ts';
import { safeInteger } from './safe-integer.ts';

export type ConsensusBody = Extract<Body, { kind: 'consensus' }>;

const CONSENSUS_FIELD = 3;
/** What a body begins with that is a consensus envelope and nothing else: number and wire type of its field. */
const FIRST_BYTE = 8 * CONSENSUS_FIELD + 2;
/** Fields up to here are kinds of a body, of which it has one. */
const LAST_KIND_FIELD = 10;
const NO_BYTES: Uint8Array = new Uint8Array(0);

const writer = new FieldWriter();

export function encodeConsensusBody({ from, to, flushed, message }: ConsensusBody): Uint8Array {
  const flushedSize = positionSize(flushed);
  const size = numberFieldSize(from) + numberFieldSize(to) + bytesFieldSize(message) + messageFieldSize(flushedSize);
  writer.message(CONSENSUS_FIELD, size);
  writer.number(1, from);
  writer.number(2, to);
  writer.bytes(3, message);
  writer.message(4, flushedSize);
  writer.number(1, flushed.era);
  writer.number(2, flushed.index);
  writer.number(3, flushed.settled);
  return writer.take();
}

/**
 * Undefined: the body is of another kind.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeConsensusBody(bytes: Uint8Array): ConsensusBody | undefined {
  if (bytes[0] !== FIRST_BYTE) return undefined;
  return decodeFields('Body', bytes, LIMITS.frameBytes, (reader) => {
    reader.next();
    const body = reader.message(readEnvelope);
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field <= LAST_KIND_FIELD) throw malformed('a body of two kinds');
      reader.skip();
    }
    return body;
  });
}

/** The same from the generated code's message: where the envelope is not what the body begins with. */
export function consensusBodyFromMessage(message: ConsensusEnvelope): ConsensusBody {
  return consensusBody(
    safeInteger(message.fromReplica),
    safeInteger(message.toReplica),
    positionFromMessage(message.flushed),
    message.message,
  );
}

function readEnvelope(reader: FieldReader): ConsensusBody {
  let from = 0;
  let to = 0;
  let message = NO_BYTES;
  let flushed: Position | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) from = reader.number();
    else if (field === 2) to = reader.number();
    else if (field === 3) message = reader.view();
    else if (field === 4) flushed = reader.message(readPosition);
    else reader.skip();
  }
  return consensusBody(from, to, required(flushed, 'a position'), message);
}

function readPosition(reader: FieldReader): Position {
  let era = 0;
  let index = 0;
  let settled = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) era = reader.number();
    else if (field === 2) index = reader.number();
    else if (field === 3) settled = reader.number();
    else reader.skip();
  }
  return { era, index, settled };
}

function consensusBody(from: number, to: number, flushed: Position, message: Uint8Array): ConsensusBody {
  return { kind: 'consensus', from: asReplicaId(from), to: asReplicaId(to), flushed, message };
}

function positionSize({ era, index, settled }: Position): number {
  return numberFieldSize(era) + numberFieldSize(index) + numberFieldSize(settled);
}
