/** A shard on its way from one order to another: what asks for a piece of it, and the piece. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { rangeFromMessage, rangeToMessage } from '../configuration/order-codec.ts';
import { boundedBytes } from '../decoding.ts';
import type { ShardBody } from './frame.ts';
import type { ShardChunk, ShardChunkSchema, ShardRequest, ShardRequestSchema } from '../generated/shardbearer_pb.ts';
import { idFromBytes, idToBytes } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';

type Body<Kind extends ShardBody['kind']> = Extract<ShardBody, { kind: Kind }>;

export function shardRequestToMessage(body: Body<'shard-request'>): MessageInitShape<typeof ShardRequestSchema> {
  const { to, configurationNumber, shard, chunk } = body;
  return {
    to: idToBytes(to),
    configurationNumber: uint64(configurationNumber),
    shard: rangeToMessage(shard),
    chunk: uint64(chunk),
  };
}

export function shardRequestFromMessage(message: ShardRequest): Body<'shard-request'> {
  return {
    kind: 'shard-request',
    to: idFromBytes(message.to),
    configurationNumber: safeInteger(message.configurationNumber),
    shard: rangeFromMessage(message.shard),
    chunk: safeInteger(message.chunk),
  };
}

export function shardChunkToMessage(body: Body<'shard-chunk'>): MessageInitShape<typeof ShardChunkSchema> {
  const { from, shard, chunk, isLast, bytes } = body;
  return {
    from: idToBytes(from),
    shard: rangeToMessage(shard),
    chunk: uint64(chunk),
    last: isLast,
    content: bytes,
  };
}

/** Its bytes are a view. */
export function shardChunkFromMessage(message: ShardChunk): Body<'shard-chunk'> {
  return {
    kind: 'shard-chunk',
    from: idFromBytes(message.from),
    shard: rangeFromMessage(message.shard),
    chunk: safeInteger(message.chunk),
    isLast: message.last,
    bytes: boundedBytes(message.content, 1, LIMITS.snapshotPieceBytes, 'a piece of a shard'),
  };
}
