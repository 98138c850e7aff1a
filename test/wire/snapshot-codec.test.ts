import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBody, encodeBody } from '../../src/wire/frames/frame-codec.ts';
import type { SnapshotBody } from '../../src/wire/frames/frame.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import * as arbitrary from './arbitraries.ts';
import { damaged, errorOf, FUZZ_RUNS, isNoneOrTyped } from './frame-mutation.ts';

const way = { from: asReplicaId(1), to: asReplicaId(2), index: asLogIndex(7) };
const chunk = { kind: 'snapshot-chunk', ...way, chunk: 0, isLast: true, bytes: new Uint8Array(1) } as const;

const hostile: readonly { readonly what: string; readonly body: SnapshotBody }[] = [
  { what: 'a snapshot at index 0', body: { kind: 'snapshot-gone', ...way, index: asLogIndex(0) } },
  { what: 'an empty chunk', body: { ...chunk, bytes: new Uint8Array(0) } },
  {
    what: 'a chunk that is too large',
    body: { ...chunk, bytes: new Uint8Array(LIMITS.snapshots.snapshotChunkMaximumBytes + 1) },
  },
  { what: 'a chunk behind the last possible one', body: { ...chunk, chunk: LIMITS.snapshots.snapshotChunks } },
  {
    what: 'a request for such a chunk',
    body: { kind: 'snapshot-request', ...way, chunk: LIMITS.snapshots.snapshotChunks },
  },
];

test.each(hostile)('$what is refused', ({ body }) => {
  expect(() => decodeBody(encodeBody(body))).toThrow(expect.objectContaining({ code: 'FRAME_MALFORMED' }));
});

test('the largest chunk passes', () => {
  const decoded = decodeBody(
    encodeBody({ ...chunk, bytes: new Uint8Array(LIMITS.snapshots.snapshotChunkMaximumBytes) }),
  );
  expect(decoded.kind === 'snapshot-chunk' && decoded.bytes.length).toBe(LIMITS.snapshots.snapshotChunkMaximumBytes);
});

test('a damaged body of a snapshot ends in a typed error or a whole body', () => {
  fc.assert(
    fc.property(damaged(arbitrary.snapshotBody.map(encodeBody)), (bytes) => {
      expect(errorOf(() => decodeBody(bytes))).toSatisfy(isNoneOrTyped);
    }),
    { numRuns: Math.ceil(FUZZ_RUNS / 4) },
  );
});
