import { EMPTY_HASH, feedBytes, hashText } from '../../store/hash.ts';
import { decodeRaftSnapshot } from '../../wire/raft/membership-codec.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import { decodeCheckpointRecord } from '../../wire/records/record-codec.ts';
import type { ChunkOrigin } from '../../wire/records/records.ts';
import { decodeSnapshotDescription } from '../../wire/records/snapshot-description.ts';
import { check } from '../violation.ts';

/** What the manifest of a checkpoint says. */
export interface Manifest {
  /** Of the latest entry in the state, with that entry's term and the membership as of then. */
  readonly index: number;
  readonly term: number;
  readonly membership: RaftMembership;
  /** As a replica tells it that has applied everything up to there. */
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
    'a manifest tells of one place',
    () =>
      `the manifest of ${index} has the compaction point ${compactedThrough} and the description of ${described.index}`,
  );
  const digest = `${described.digest}/${hashText(feedBytes(EMPTY_HASH, described.roster))}`;
  return { index, term, membership, digest, origin, chunkCount };
}
