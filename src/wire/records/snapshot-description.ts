/** What is said of a state beside its chunks: the same on the disk, in an offer and in a message of the consensus. */
import { create, toBinary } from '@bufbuild/protobuf';
import { boundedText, decodeMessage } from '../decoding.ts';
import { SnapshotDescriptionSchema } from '../generated/shardbearer_pb.ts';
import { asLogIndex, type LogIndex } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';

export interface SnapshotDescription {
  /** Of the latest entry in it, the algorithm's own included. */
  readonly index: LogIndex;
  /** `StateMachine.digest()` of what the chunks make. */
  readonly digest: string;
  /** The order's roster as of `index`; opaque to the state machine. */
  readonly roster: Uint8Array;
}

export function encodeSnapshotDescription({ index, digest, roster }: SnapshotDescription): Uint8Array {
  const message = create(SnapshotDescriptionSchema, { index: uint64(index), digest, roster });
  return toBinary(SnapshotDescriptionSchema, message);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeSnapshotDescription(bytes: Uint8Array): SnapshotDescription {
  return decodeMessage(SnapshotDescriptionSchema, bytes, LIMITS.snapshotDescriptionBytes, (message) => ({
    index: asLogIndex(safeInteger(message.index)),
    digest: boundedText(message.digest, LIMITS.nameCharacters, 'a digest'),
    roster: message.roster,
  }));
}
