/** The state that lies beside a replica's log: the pieces of it, and the manifest that makes them its beginning. */
import type { RecordChange, Records, WriteBatch } from '../../storage/contract.ts';
import { type ChunkPlace, groupCheckpointKey, groupChunkPrefix, parseGroupChunkKey } from '../../storage/keys.ts';
import { EMPTY_HASH, feedBytes, hashText } from '../../store/hash.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { decodeRaftSnapshot } from '../../wire/raft-membership-codec.ts';
import type { RaftMembership } from '../../wire/raft-message.ts';
import { decodeCheckpointRecord } from '../../wire/record-codec.ts';
import type { ChunkOrigin } from '../../wire/records.ts';
import { decodeSnapshotDescription } from '../../wire/snapshot-description.ts';
import { check } from '../violation.ts';

/** What a manifest says. */
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

export class ReplicaCheckpoint {
  readonly #order: OrderId;
  readonly #chunkPrefix: string;
  readonly #manifestKey: string;
  /** Numbers of the pieces that are there, by the state that they are pieces of. */
  readonly #chunks = new Map<string, Set<number>>();
  #manifest: Manifest | undefined;

  constructor(order: OrderId, records: Records) {
    this.#order = order;
    this.#chunkPrefix = groupChunkPrefix(order);
    this.#manifestKey = groupCheckpointKey(order);
    this.apply([...records].map(([key, value]) => ({ kind: 'put', key, value })));
  }

  /** Undefined: the log begins with entry 1. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** Whether a batch leaves any of its records as it was. */
  outlives(batch: WriteBatch): boolean {
    const changed = new Set(batch.map(({ key }) => key));
    if (this.#manifest !== undefined && !changed.has(this.#manifestKey)) return true;
    const unchanged = new Map([...this.#chunks].map(([state, numbers]) => [state, new Set(numbers)]));
    for (const key of changed) {
      const place = parseGroupChunkKey(this.#order, key);
      if (place !== undefined) unchanged.get(nameOf(place))?.delete(place.number);
    }
    return [...unchanged.values()].some(({ size }) => size > 0);
  }

  apply(batch: WriteBatch): void {
    const before = this.#manifest;
    let isTouched = false;
    for (const change of batch) isTouched = this.#take(change) || isTouched;
    if (!isTouched) return;
    const now = this.#manifest;
    if (now !== undefined) this.#checkWhole(now);
    check(
      (now?.index ?? 0) >= (before?.index ?? 0),
      'a checkpoint never goes back',
      () => `it was at ${before?.index}, and is at ${now?.index ?? 'no place'}`,
    );
  }

  #take(change: RecordChange): boolean {
    if (change.key === this.#manifestKey) {
      this.#manifest = change.kind === 'put' ? manifestOf(change.value) : undefined;
      return true;
    }
    const place = change.key.startsWith(this.#chunkPrefix) ? parseGroupChunkKey(this.#order, change.key) : undefined;
    if (place === undefined) return false;
    const state = nameOf(place);
    const numbers = this.#chunks.get(state) ?? new Set();
    if (change.kind === 'put') numbers.add(place.number);
    else numbers.delete(place.number);
    if (numbers.size === 0) this.#chunks.delete(state);
    else this.#chunks.set(state, numbers);
    return true;
  }

  #checkWhole(manifest: Manifest): void {
    const { index, chunkCount } = manifest;
    const numbers = this.#chunks.get(nameOf(manifest));
    for (let number = 0; number < chunkCount; number++) {
      check(
        numbers?.has(number) === true,
        'a manifest stands for pieces that are there',
        () => `piece ${number} of ${chunkCount} of the state at ${index} is missing`,
      );
    }
  }
}

function nameOf({ origin, index }: Pick<ChunkPlace, 'origin'> & { readonly index: number }): string {
  return `${origin}/${index}`;
}

/** Read once, though it is looked at when it is handed to the disk and again when it is flushed. */
const read = new WeakMap<Uint8Array, Manifest>();

export function manifestOf(record: Uint8Array): Manifest {
  let manifest = read.get(record);
  if (manifest === undefined) {
    const { index, mark, description, origin, chunkCount } = decodeCheckpointRecord(record);
    const { index: marked, term, membership } = decodeRaftSnapshot(mark);
    const described = decodeSnapshotDescription(description);
    check(
      marked === index && described.index === index,
      'a manifest tells of one place',
      () => `the manifest of ${index} has the mark of ${marked} and the description of ${described.index}`,
    );
    const digest = `${described.digest}/${hashText(feedBytes(EMPTY_HASH, described.roster))}`;
    manifest = { index, term, membership, digest, origin, chunkCount };
    read.set(record, manifest);
  }
  return manifest;
}
