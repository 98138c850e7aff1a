/** A state on its way from one replica to another: what asks for a piece of it, the piece, and that it is gone. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { boundedBytes, malformed } from '../decoding.ts';
import type { SnapshotBody } from './frame.ts';
import type {
  SnapshotChunk,
  SnapshotChunkSchema,
  SnapshotGone,
  SnapshotGoneSchema,
  SnapshotRequest,
  SnapshotRequestSchema,
} from '../generated/shardbearer_pb.ts';
import { asLogIndex, asReplicaId, type LogIndex, type ReplicaId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';

type Body<Kind extends SnapshotBody['kind']> = Extract<SnapshotBody, { kind: Kind }>;

export function snapshotRequestToMessage(
  body: Body<'snapshot-request'>,
): MessageInitShape<typeof SnapshotRequestSchema> {
  return { ...wayToMessage(body), chunk: uint64(body.chunk) };
}

export function snapshotRequestFromMessage(message: SnapshotRequest): Body<'snapshot-request'> {
  return { kind: 'snapshot-request', ...wayFromMessage(message), chunk: chunkNumber(message.chunk) };
}

export function snapshotChunkToMessage(body: Body<'snapshot-chunk'>): MessageInitShape<typeof SnapshotChunkSchema> {
  return { ...wayToMessage(body), chunk: uint64(body.chunk), last: body.isLast, content: body.bytes };
}

/** Its bytes are a view. */
export function snapshotChunkFromMessage(message: SnapshotChunk): Body<'snapshot-chunk'> {
  return {
    kind: 'snapshot-chunk',
    ...wayFromMessage(message),
    chunk: chunkNumber(message.chunk),
    isLast: message.last,
    bytes: boundedBytes(message.content, 1, LIMITS.snapshotPieceBytes, 'a piece of a snapshot'),
  };
}

export function snapshotGoneToMessage(body: Body<'snapshot-gone'>): MessageInitShape<typeof SnapshotGoneSchema> {
  return wayToMessage(body);
}

export function snapshotGoneFromMessage(message: SnapshotGone): Body<'snapshot-gone'> {
  return { kind: 'snapshot-gone', ...wayFromMessage(message) };
}

/** Between whom, and which state it is. */
interface Way {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  readonly index: LogIndex;
}

interface WayMessage {
  readonly fromReplica: bigint;
  readonly toReplica: bigint;
  readonly index: bigint;
}

function wayToMessage({ from, to, index }: Way): WayMessage {
  return { fromReplica: uint64(from), toReplica: uint64(to), index: uint64(index) };
}

function wayFromMessage(message: WayMessage): Way {
  if (message.index === 0n) throw malformed('a snapshot of nothing');
  return {
    from: asReplicaId(safeInteger(message.fromReplica)),
    to: asReplicaId(safeInteger(message.toReplica)),
    index: asLogIndex(safeInteger(message.index)),
  };
}

function chunkNumber(value: bigint): number {
  const number = safeInteger(value);
  if (number >= LIMITS.snapshotPieces) throw malformed(`piece ${number} of a snapshot`);
  return number;
}
