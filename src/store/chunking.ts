import { LIMITS } from '../wire/limits.ts';
import type { StateItem } from '../wire/records/state-chunk.ts';
import { StateChunkWriter } from '../wire/records/state-chunk-codec.ts';

/** Items in chunks of about `LIMITS.snapshotChunkBytes`, at least one. Each is made when it is asked for. */
export function* packed(items: Iterable<StateItem>): Generator<Uint8Array> {
  const writer = new StateChunkWriter();
  for (const item of items) {
    if (writer.bytes >= LIMITS.snapshotChunkBytes) yield writer.take();
    writer.add(item);
  }
  yield writer.take();
}
