import { EMPTY_HASH, feedBytes, hashText } from '../../store/hash.ts';
import { decodeRaftSnapshot } from '../../wire/raft/membership-codec.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import { decodeCheckpointRecord } from '../../wire/records/record-codec.ts';
import type { ChunkOrigin } from '../../wire/records/records.ts';
import { decodeSnapshotDescription } from '../../wire/records/snapshot-description.ts';
import { check } from '../violation.ts';

export interface Manifest {
  /** Index of the latest entry in the state, with the entry's term and the membership at that index. */
  readonly index: number;
  readonly term: number;
  readonly membership: RaftMembership;
  /** Digest that a replica computes after it has applied all entries up to that index. */
  readonly digest: string;
  readonly origin: ChunkOrigin;
  readonly chunkCount: number;
}

export function manifestOf(record: Uint8Array): Manifest {
  const { index, compactionPoint, description, origin, chunkCount } = decodeCheckpointRecord(record);
  const { index: compactedThrough, term, membership } = decodeRaftSnapshot(compactionPoint);
  const described = decodeSnapshotDescription(description);
  check(
    compactedThrough === index && described.index === index,
    'a manifest names one index in its chunks and its header',
    () =>
      `the manifest of ${index} has the compaction point ${compactedThrough} and the description of ${described.index}`,
  );
  const digest = `${described.digest}/${hashText(feedBytes(EMPTY_HASH, described.roster))}`;
  return { index, term, membership, digest, origin, chunkCount };
}
