/**
 * One replica with its disk and its applied state. The node performs the work that a radiant performs for an algorithm.
 */
import type {
  CommittedEntry,
  Consensus,
  ReadGrant,
  ReadNumber,
  SnapshotFetch,
  SnapshotOffer,
  Work,
} from '../../src/consensus/contract.ts';
import type { Position } from '../../src/wire/frames/frame.ts';
import type { LogIndex, ReplicaId } from '../../src/wire/identifiers.ts';
import { type AppliedState, Disk } from './disk.ts';
import { must } from './must.ts';

const CHUNKS = 3;

interface Offered extends SnapshotOffer {
  readonly state: AppliedState;
}

export class Node {
  readonly id: ReplicaId;
  readonly disk = new Disk();
  readonly #make: (node: Node) => Consensus;
  consensus: Consensus;
  alive = true;
  /** Whether writes wait until `flush()` is called. */
  diskStalled = false;
  /** Whether the node has a snapshot to offer when the algorithm asks for one. */
  offersSnapshots = true;
  /** All entries that were applied, from index 1 on. */
  committed: CommittedEntry[] = [];
  grants: ReadGrant[] = [];
  abandoned: ReadNumber[] = [];
  persistCount = 0;
  installs = 0;
  /** Index up to which a test has checked `committed`. */
  checkedThrough = 0;
  /** The position after the latest work of the node. Peers may have learned it. */
  told: Position = { voteEpoch: 0, index: 0, committedIndex: 0 };
  fetch: SnapshotFetch | undefined;
  #offered: Offered | undefined;

  constructor(id: ReplicaId, make: (node: Node) => Consensus) {
    this.id = id;
    this.#make = make;
    this.consensus = make(this);
  }

  get applied(): number {
    return this.committed.length;
  }

  crash(): void {
    this.alive = false;
    this.disk.waiting.length = 0;
    this.fetch = undefined;
    this.#offered = undefined;
  }

  restart(): void {
    this.alive = true;
    this.committed = [...(this.disk.checkpoint?.state ?? [])];
    this.checkedThrough = 0;
    this.grants = [];
    this.abandoned = [];
    this.consensus = this.#make(this);
  }

  texts(): string[] {
    return this.committed.flatMap(({ payload }) => (payload ? [new TextDecoder().decode(payload)] : []));
  }

  /** Answers `ConsensusOptions.snapshot`. */
  offer(atLeast: LogIndex): SnapshotOffer | undefined {
    if (!this.offersSnapshots) return undefined;
    if (this.#offered === undefined || this.#offered.index < atLeast) {
      const last = this.committed.at(-1);
      if (last === undefined) return undefined;
      const description = new TextEncoder().encode(describe(this.committed));
      this.#offered = { index: last.index, description, state: [...this.committed] };
    }
    return this.#offered;
  }

  forgetOffer(): void {
    this.#offered = undefined;
  }

  /** Chunk `number` of an offered state. Undefined: the offer no longer exists. */
  chunk({ index, description }: SnapshotFetch, number: number): AppliedState | undefined {
    const offered = this.#offered;
    if (offered?.index !== index || text(offered.description) !== text(description)) return undefined;
    const size = Math.ceil(index / CHUNKS);
    return offered.state.slice(number * size, (number + 1) * size);
  }

  /** Performs the work of one call of `take`. */
  perform({ persist, committed, fetch, reads, abandonedReads }: Work): void {
    if (fetch !== undefined) this.#beginFetch(fetch);
    if (persist !== undefined) {
      this.persistCount++;
      this.disk.waiting.push({ kind: 'persist', persist, installed: persist.snapshot && this.#staged(persist) });
    }
    for (const entry of committed) {
      must(entry.index === this.applied + 1, 'what is committed is handed out without gaps');
      this.committed.push(entry);
      this.consensus.applied(entry.index);
    }
    this.grants.push(...reads);
    this.abandoned.push(...abandonedReads);
  }

  get chunksHere(): number {
    return this.disk.incoming?.chunks.length ?? 0;
  }

  get hasWholeSnapshot(): boolean {
    return this.chunksHere === CHUNKS;
  }

  receiveChunk(state: AppliedState): void {
    this.disk.incoming?.chunks.push(state);
  }

  /** Begins a checkpoint. Returns false if the algorithm has no compaction point now. */
  checkpoint(): boolean {
    const compactionPoint = this.consensus.compactionPoint();
    if (compactionPoint === undefined || compactionPoint.index === 0) return false;
    must(compactionPoint.index === this.applied, 'a compaction point is of all that is applied');
    this.disk.waiting.push({ kind: 'checkpoint', checkpoint: { compactionPoint, state: [...this.committed] } });
    return true;
  }

  /** Finishes one write. Returns false if no write waited. */
  flush(): boolean {
    const write = this.disk.flush();
    if (write?.kind === 'checkpoint') {
      const { index } = write.checkpoint.compactionPoint;
      const through = this.consensus.compact(index);
      must(through <= index, 'nothing is forgotten that is not durable');
      this.disk.waiting.push({ kind: 'cut', through });
    } else if (write?.kind === 'persist') {
      if (write.installed !== undefined) {
        must(write.installed.length > this.applied, 'a snapshot never takes back what was applied');
        this.committed = [...write.installed];
        this.installs++;
      }
      this.consensus.persisted(write.persist.number);
    }
    return write !== undefined;
  }

  #beginFetch(fetch: SnapshotFetch): void {
    must(fetch.index > this.applied, 'nothing is fetched that is here');
    must(fetch.from !== this.id, 'a state is fetched from someone else');
    this.fetch = fetch;
    const description = text(fetch.description);
    const { incoming } = this.disk;
    if (incoming?.index === fetch.index && incoming.description === description) return;
    this.disk.incoming = { index: fetch.index, description, chunks: [] };
  }

  #staged({
    snapshot,
  }: {
    readonly snapshot: { readonly compactionPoint: { readonly index: number } } | undefined;
  }): AppliedState {
    const { incoming } = this.disk;
    const state = incoming?.chunks.flat() ?? [];
    must(incoming?.index === snapshot?.compactionPoint.index, 'what is installed is what was fetched');
    must(describe(state) === incoming?.description, 'what was fetched is whole');
    return state;
  }
}

function describe(state: AppliedState): string {
  const last = state.at(-1);
  return `${state.length} ${last?.index} ${text(last?.payload ?? new Uint8Array(0))}`;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
