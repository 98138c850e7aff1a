/**
 * Fetches another replica's state in place of entries that no replica keeps. Chunks are requested in order, a few at a
 * time, and staged on the disk. After a lost link or a restart, the fetch continues if the same state is offered again.
 */
import type { SnapshotFetch } from '../../consensus/contract.ts';
import { assert } from '../../wire/assertion.ts';
import type { SnapshotBody } from '../../wire/frames/frame.ts';
import type { LogIndex, ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { IncomingRecord } from '../../wire/records/records.ts';
import type { FetchView } from '../contract.ts';
import { ChunkSource, snapshotPace } from './chunk-source.ts';
import type { IncomingFound } from './replica-records.ts';
import type { SnapshotContext } from './snapshot-context.ts';
import type { RestoredState } from './state-restoration.ts';
import { StateRestoration } from './state-restoration.ts';

type SnapshotChunkBody = Extract<SnapshotBody, { kind: 'snapshot-chunk' }>;
type SnapshotGoneBody = Extract<SnapshotBody, { kind: 'snapshot-gone' }>;

/** The snapshot that is being fetched. Equal index and description mean equal chunks. */
interface Incoming {
  readonly record: IncomingRecord;
  readonly restoration: StateRestoration;
  /** Number of chunks on the disk. */
  stagedCount: number;
  /** The state, once all chunks have arrived. */
  restored: RestoredState | undefined;
}

/** A state whose chunks did not match its description. */
interface Distrusted {
  readonly record: IncomingRecord;
  readonly failures: number;
  readonly untilMs: number;
}

export class SnapshotFetching {
  readonly #context: SnapshotContext;
  #incoming: Incoming | undefined;
  #source: ChunkSource<ReplicaId> | undefined;
  #distrusted: Distrusted | undefined;

  constructor(context: SnapshotContext) {
    this.#context = context;
  }

  /** Continues an earlier boot's fetch if the same state is offered again. */
  resume({ record, restoration }: IncomingFound): void {
    assert(this.#incoming === undefined, 'one snapshot is fetched at a time');
    this.#incoming = { record, restoration, stagedCount: restoration.chunkCount, restored: undefined };
  }

  view(): FetchView | undefined {
    if (this.#incoming === undefined) return undefined;
    const { record, restoration, restored } = this.#incoming;
    const { chunkCount: chunks, bytes } = restoration;
    return {
      index: record.index,
      chunks,
      bytes,
      isWhole: restored !== undefined,
      isAsking: this.#source !== undefined,
    };
  }

  /** Takes the offer of a state. A leader repeats the offer while it knows of no progress. */
  begin({ from, index, description }: SnapshotFetch): void {
    const record = { index, description };
    if (this.#isDistrusted(record)) return;
    const incoming =
      this.#incoming !== undefined && isSame(this.#incoming.record, record) ? this.#incoming : this.#beginNew(record);
    if (incoming === undefined) return;
    if (incoming.restored !== undefined) {
      this.#context.consensus.snapshotFetched(index);
      return;
    }
    const { nowMs, times } = this.#context.clock;
    if (this.#source?.from !== from) this.#source = new ChunkSource(from, snapshotPace(times), nowMs);
    this.#ask();
  }

  hear({ from, index, chunk, isLast, bytes }: SnapshotChunkBody): void {
    const [incoming, source] = [this.#incoming, this.#source];
    if (incoming === undefined || incoming.record.index !== index || source?.from !== from) return;
    if (incoming.restored !== undefined) return;
    if (source.take(chunk, { bytes: bytes.slice(), isLast }, this.#context.clock.nowMs)) {
      this.#takeInOrder(incoming, source);
    } else if (isLast && chunk === incoming.restoration.chunkCount - 1) {
      // A request for a chunk past the end is answered with the last chunk, because an earlier boot had fetched all.
      this.#finish(incoming);
    }
    this.#ask();
  }

  /**
   * Ends the requests to a sender that no longer has the state. The staged chunks stay, because the same state may be
   * offered again.
   */
  gone({ from, index }: SnapshotGoneBody): void {
    if (this.#source?.from === from && this.#incoming?.record.index === index) this.#source = undefined;
  }

  tick(): void {
    const [incoming, source] = [this.#incoming, this.#source];
    if (incoming === undefined || source === undefined) return;
    const missing = source.missing(this.#context.clock.nowMs);
    // The sender does not answer. A leader offers the state again, and the fetch continues.
    if (source.isGivenUp) this.#source = undefined;
    else for (const chunk of missing) this.#request(source.from, incoming.record.index, chunk);
  }

  /** Drops a snapshot whose index the log has reached. */
  applied(index: LogIndex): void {
    if (this.#incoming !== undefined && this.#incoming.record.index <= index) this.#abandon();
  }

  /** Returns the state that consensus installs. */
  take(index: LogIndex): { readonly state: RestoredState; readonly bytes: number } {
    const incoming = this.#incoming;
    assert(incoming !== undefined && incoming.record.index === index, 'only a fetched snapshot is installed');
    assert(incoming.restored !== undefined, 'only a whole snapshot is installed');
    this.#incoming = undefined;
    this.#source = undefined;
    return { state: incoming.restored, bytes: incoming.restoration.bytes };
  }

  #beginNew(record: IncomingRecord): Incoming | undefined {
    const { read, kind, checkpoints, write } = this.#context;
    const restoration = read(() => new StateRestoration(kind, record.index, record.description));
    if (restoration === undefined) return undefined;
    this.#source = undefined;
    this.#incoming = { record, restoration, stagedCount: 0, restored: undefined };
    write(checkpoints.beginIncoming(record), () => undefined);
    return this.#incoming;
  }

  #abandon(): void {
    const { checkpoints, write } = this.#context;
    this.#incoming = undefined;
    this.#source = undefined;
    const changes = checkpoints.dropIncoming();
    if (changes.length > 0) write(changes, () => undefined);
  }

  /** Requests a few chunks beyond those on the disk. The small number limits the memory of links and disk. */
  #ask(): void {
    const [incoming, source] = [this.#incoming, this.#source];
    if (incoming === undefined || source === undefined || incoming.restored !== undefined) return;
    const { restoration, stagedCount, record } = incoming;
    const chunks = source.next(restoration.chunkCount, stagedCount, this.#context.clock.nowMs);
    for (const chunk of chunks) this.#request(source.from, record.index, chunk);
  }

  #request(to: ReplicaId, index: LogIndex, chunk: number): void {
    this.#context.sendSnapshot(to, { kind: 'snapshot-request', from: this.#context.replica, to, index, chunk });
  }

  #takeInOrder(incoming: Incoming, source: ChunkSource<ReplicaId>): void {
    const { restoration } = incoming;
    for (;;) {
      const number = restoration.chunkCount;
      const chunk = source.release(number);
      if (chunk === undefined) return;
      if (!this.#isRead(() => restoration.add(chunk.bytes))) return this.#distrust(incoming);
      this.#context.write(this.#context.checkpoints.putIncoming(chunk.bytes), () => {
        incoming.stagedCount = number + 1;
        if (this.#incoming === incoming) this.#ask();
      });
      if (chunk.isLast) return this.#finish(incoming);
    }
  }

  #finish(incoming: Incoming): void {
    incoming.restored = this.#context.read(() => incoming.restoration.finish());
    if (incoming.restored === undefined) this.#distrust(incoming);
    else this.#context.consensus.snapshotFetched(incoming.record.index);
  }

  /** Fetches the whole state again. After repeated failures the fetch pauses. */
  #distrust({ record }: Incoming): void {
    const from = this.#source?.from;
    const known = this.#distrusted;
    const failures = known !== undefined && isSame(known.record, record) ? known.failures + 1 : 1;
    const isPaused = failures % LIMITS.snapshots.snapshotFailures === 0;
    const untilMs = isPaused ? this.#context.clock.nowMs + this.#context.clock.times.snapshots.snapshotDistrustMs : 0;
    this.#distrusted = { record, failures, untilMs };
    this.#abandon();
    if (from !== undefined) this.begin({ from, ...record });
  }

  #isDistrusted(record: IncomingRecord): boolean {
    const distrusted = this.#distrusted;
    if (distrusted === undefined || !isSame(distrusted.record, record)) return false;
    return this.#context.clock.nowMs < distrusted.untilMs;
  }

  #isRead(reading: () => void): boolean {
    const isRead = this.#context.read(() => {
      reading();
      return true;
    });
    return isRead === true;
  }
}

function isSame(one: IncomingRecord, other: IncomingRecord): boolean {
  if (one.index !== other.index || one.description.length !== other.description.length) return false;
  return one.description.every((byte, at) => byte === other.description[at]);
}
