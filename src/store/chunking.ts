import { LIMITS } from '../wire/limits.ts';
import type { StateItem } from '../wire/records/state-chunk.ts';
import { StateChunkWriter } from '../wire/records/state-chunk-codec.ts';

/** Packs items lazily into chunks of about `LIMITS.snapshotChunkBytes`. Yields at least one chunk. */
export function* packed(items: Iterable<StateItem>): Generator<Uint8Array> {
  const writer = new StateChunkWriter();
  for (const item of items) {
    if (writer.bytes >= LIMITS.snapshotChunkBytes) yield writer.take();
    writer.add(item);
  }
  yield writer.take();
}
