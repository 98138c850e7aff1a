import type { ChunkPlace } from '../../../storage/keys.ts';
import { check } from '../../violation.ts';
import type { ChunkChange, GroupChanges } from '../group-changes.ts';
import type { Manifest } from '../manifest.ts';

/** The checkpoint of a replica: its chunks, and the manifest that makes them the start of its log. */
export class ReplicaCheckpoint {
  /** By state: the numbers of the stored chunks. */
  readonly #chunks = new Map<string, Set<number>>();
  #manifest: Manifest | undefined;

  /** The manifest of the complete checkpoint. Undefined: no checkpoint exists, and the log begins with entry 1. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** Whether a record of this checkpoint remains unchanged by the batch. */
  outlives({ manifest, chunks }: GroupChanges): boolean {
    if (this.#manifest !== undefined && manifest === undefined) return true;
    const unchanged = new Map([...this.#chunks].map(([state, numbers]) => [state, new Set(numbers)]));
    for (const place of chunks) unchanged.get(nameOf(place))?.delete(place.number);
    return [...unchanged.values()].some(({ size }) => size > 0);
  }

  apply({ manifest, chunks }: GroupChanges): void {
    if (manifest === undefined && chunks.length === 0) return;
    const before = this.#manifest;
    for (const chunk of chunks) this.#take(chunk);
    if (manifest !== undefined) this.#manifest = manifest === 'deleted' ? undefined : manifest;
    const now = this.#manifest;
    if (now !== undefined) this.#checkWhole(now);
    check(
      (now?.index ?? 0) >= (before?.index ?? 0),
      'a checkpoint never goes back',
      () => `it was at ${before?.index}, and is at ${now?.index ?? 'no place'}`,
    );
  }

  #take(chunk: ChunkChange): void {
    const state = nameOf(chunk);
    const numbers = this.#chunks.get(state) ?? new Set();
    if (chunk.kind === 'put') numbers.add(chunk.number);
    else numbers.delete(chunk.number);
    if (numbers.size === 0) this.#chunks.delete(state);
    else this.#chunks.set(state, numbers);
  }

  #checkWhole(manifest: Manifest): void {
    const { index, chunkCount } = manifest;
    const numbers = this.#chunks.get(nameOf(manifest));
    for (let number = 0; number < chunkCount; number++) {
      check(
        numbers?.has(number) === true,
        'a manifest names only stored chunks',
        () => `piece ${number} of ${chunkCount} of the state at ${index} is missing`,
      );
    }
  }
}

function nameOf({ origin, index }: Pick<ChunkPlace, 'origin'> & { readonly index: number }): string {
  return `${origin}/${index}`;
}
