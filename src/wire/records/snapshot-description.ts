/**
 * The description of an order's state. It accompanies the chunks of the state on disk, in an offer, and in a message of
 * the consensus algorithm.
 */
import { boundedText } from '../decoding.ts';
import { decodeMessage } from '../field-reader.ts';
import { encodeMessage } from '../field-writer.ts';
import {
  readSnapshotDescription,
  type SnapshotDescription,
  writeSnapshotDescription,
} from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';

export type { SnapshotDescription } from '../generated/shardbearer.ts';

export function encodeSnapshotDescription(description: SnapshotDescription): Uint8Array {
  return encodeMessage(writeSnapshotDescription, description);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeSnapshotDescription(bytes: Uint8Array): SnapshotDescription {
  const { snapshotDescriptionBytes } = LIMITS.snapshots;
  const description = decodeMessage('SnapshotDescription', bytes, snapshotDescriptionBytes, readSnapshotDescription);
  boundedText(description.digest, LIMITS.messages.nameCharacters, 'a digest');
  return description;
}
