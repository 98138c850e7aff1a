/** What carries a message of the consensus, as the schema's `ConsensusEnvelope`. */
import { required } from '../decoding.ts';
import type { FieldReader, FieldWriter } from '../field-codec.ts';
import type { Body, Position } from './frame.ts';
import { asReplicaId } from '../identifiers.ts';
import { readPosition, writePosition } from './presence-codec.ts';

export type ConsensusBody = Extract<Body, { kind: 'consensus' }>;

const NO_BYTES: Uint8Array = new Uint8Array(0);

export function writeConsensus(writer: FieldWriter, { from, to, flushed, message }: ConsensusBody): void {
  writer.number(1, from);
  writer.number(2, to);
  writer.bytes(3, message);
  writer.nested(4, writePosition, flushed);
}

export function readConsensus(reader: FieldReader): ConsensusBody {
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
  return {
    kind: 'consensus',
    from: asReplicaId(from),
    to: asReplicaId(to),
    flushed: required(flushed, 'a position'),
    message,
  };
}
