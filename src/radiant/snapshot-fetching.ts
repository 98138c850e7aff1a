/**
 * Another replica's state on its way here, in place of entries that are
 * forgotten everywhere. Its chunks are asked for in order, a few at a time, and
 * each is staged on the disk as it comes: after a lost link, or another start,
 * only what is missing is asked for, if the same state is offered again.
 */
import type { SnapshotFetch } from '../consensus/contract.ts';
import { assert } from '../wire/assertion.ts';
import type { SnapshotBody } from '../wire/frame.ts';
import type { LogIndex, ReplicaId } from '../wire/identifiers.ts';
import { INTERVALS, LIMITS } from '../wire/limits.ts';
import type { FetchView } from './contract.ts';
import type { RestoredState, StateRestoration } from './state-restoration.ts';

export type SnapshotChunkBody = Extract<SnapshotBody, { kind: 'snapshot-chunk' }>;
export type SnapshotGoneBody = Extract<SnapshotBody, { kind: 'snapshot-gone' }>;

export interface FetchingSurroundings {
  readonly replica: ReplicaId;
  readonly nowMs: () => number;
  readonly send: (to: ReplicaId, body: SnapshotBody) => void;
  /** @returns undefined where the description cannot be read: the refusal is counted */
  readonly restoration: (index: LogIndex, description: Uint8Array) => StateRestoration | undefined;
  /** Does what takes in what came from outside. @returns whether it could be read; else the refusal is counted */
  readonly read: (reading: () => void) => boolean;
  /** Makes a chunk durable beside those before it. */
  readonly stage: (state: IncomingState, chunk: number, bytes: Uint8Array, onDurable: () => void) => void;
  /** What was staged is of no use. */
  readonly discard: () => void;
  /** All of it is here, and checked. */
  readonly onFetched: (index: LogIndex) => void;
}

/** Which state it is. Equal index and description: equal chunks. */
export interface IncomingState {
  readonly index: LogIndex;
  readonly description: Uint8Array;
}

/** As far as it has come. */
interface Incoming extends IncomingState {
  restoration: StateRestoration;
  /** How many chunks are on the disk. */
  stagedCount: number;
  /** All chunks are here, and make this. */
  restored: RestoredState | undefined;
}

/** Whom the missing chunks are asked of. */
interface Source {
  readonly from: ReplicaId;
  /** When each chunk that has not come yet was first asked for. */
  readonly askedMs: Map<number, number>;
  /** They came before one that goes ahead of them. */
  readonly early: Map<number, SnapshotChunkBody>;
  /** The longest way of a chunk so far: over a slow link a late one is not a lost one. */
  slowestMs: number;
  /** A chunk came, or those that are missing were asked for again. */
  stirredMs: number;
  /** How often in a row something was asked for again, and nothing came. */
  vainRounds: number;
  /** Chunks that are asked for at a time: it grows with those that come. */
  window: number;
}

/** A state whose chunks did not come to what its description says. */
interface Distrusted extends IncomingState {
  failures: number;
  untilMs: number;
}

export class SnapshotFetching {
  readonly #surroundings: FetchingSurroundings;
  #incoming: Incoming | undefined;
  #source: Source | undefined;
  #distrusted: Distrusted | undefined;

  constructor(surroundings: FetchingSurroundings) {
    this.#surroundings = surroundings;
  }

  /** What an earlier boot had staged: it goes on where the same state is offered again. */
  resume(state: IncomingState, restoration: StateRestoration): void {
    assert(this.#incoming === undefined, 'one state is on its way at a time');
    this.#incoming = { ...state, restoration, stagedCount: restoration.chunkCount, restored: undefined };
  }

  view(): FetchView | undefined {
    if (this.#incoming === undefined) return undefined;
    const { index, restoration, restored } = this.#incoming;
    const { chunkCount, bytes } = restoration;
    return { index, chunks: chunkCount, bytes, isWhole: restored !== undefined, isAsking: this.#source !== undefined };
  }

  begin({ from, index, description }: SnapshotFetch): void {
    const wanted = { index, description };
    if (this.#isDistrusted(wanted)) return;
    if (this.#incoming === undefined || !isSame(this.#incoming, wanted)) {
      this.abandon();
      const restoration = this.#surroundings.restoration(index, description);
      if (restoration === undefined) return;
      this.#incoming = { ...wanted, restoration, stagedCount: 0, restored: undefined };
    }
    if (this.#incoming.restored !== undefined) {
      this.#surroundings.onFetched(index);
      return;
    }
    if (this.#source?.from !== from) this.#source = newSource(from, this.#surroundings.nowMs());
    this.#ask();
  }

  hear(body: SnapshotChunkBody): void {
    const { from, index, chunk } = body;
    const source = this.#source;
    if (source === undefined || source.from !== from || this.#incoming?.index !== index) return;
    const askedMs = source.askedMs.get(chunk);
    if (askedMs === undefined) return;
    source.askedMs.delete(chunk);
    source.stirredMs = this.#surroundings.nowMs();
    source.slowestMs = Math.max(source.slowestMs, source.stirredMs - askedMs);
    source.vainRounds = 0;
    source.window = Math.min(source.window + 1, LIMITS.snapshotWindow);
    source.early.set(chunk, { ...body, bytes: body.bytes.slice() });
    this.#takeInOrder(this.#incoming, source);
    this.#ask();
  }

  /** What is here stays: the same state may be offered again. */
  gone({ from, index }: SnapshotGoneBody): void {
    if (this.#source?.from === from && this.#incoming?.index === index) this.#source = undefined;
  }

  /** @param applied of the latest entry applied here */
  tick(applied: LogIndex): void {
    if (this.#incoming === undefined) return;
    if (applied >= this.#incoming.index) this.abandon();
    else this.#askAgain();
  }

  /** Hands out the state that `onFetched` told of, to take the place of the old one. */
  take(index: LogIndex): {
    readonly state: RestoredState;
    readonly incoming: IncomingState;
    readonly chunkCount: number;
  } {
    const incoming = this.#incoming;
    assert(incoming?.restored !== undefined && incoming.index === index, 'only a whole snapshot is installed');
    this.#incoming = undefined;
    this.#source = undefined;
    return { state: incoming.restored, incoming, chunkCount: incoming.restoration.chunkCount };
  }

  /** It is not wanted any more. */
  abandon(): void {
    if (this.#incoming !== undefined) this.#surroundings.discard();
    this.#incoming = undefined;
    this.#source = undefined;
  }

  /** A few chunks ahead of what is on the disk, so that neither the link nor the disk ever holds many. */
  #ask(): void {
    const [incoming, source] = [this.#incoming, this.#source];
    if (incoming === undefined || source === undefined || incoming.restored !== undefined) return;
    const end = incoming.stagedCount + source.window;
    for (let chunk = incoming.restoration.chunkCount; chunk < end; chunk++) {
      if (source.askedMs.has(chunk) || source.early.has(chunk)) continue;
      source.askedMs.set(chunk, this.#surroundings.nowMs());
      this.#askFor(incoming, source, chunk);
    }
  }

  #askFor({ index }: Incoming, { from }: Source, chunk: number): void {
    const { replica, send } = this.#surroundings;
    send(from, { kind: 'snapshot-request', from: replica, to: from, index, chunk });
  }

  #askAgain(): void {
    const [incoming, source] = [this.#incoming, this.#source];
    if (incoming === undefined || source === undefined) return;
    if (source.askedMs.size === 0) return;
    const nowMs = this.#surroundings.nowMs();
    const patienceMs = Math.max(INTERVALS.snapshotRetryMs, 2 * source.slowestMs) * 2 ** source.vainRounds;
    if (nowMs - source.stirredMs < patienceMs) return;
    source.stirredMs = nowMs;
    source.vainRounds += 1;
    // The leader offers it again, if it still leads: then it goes on from here.
    if (source.vainRounds > LIMITS.snapshotVainRounds) this.#source = undefined;
    else for (const chunk of source.askedMs.keys()) this.#askFor(incoming, source, chunk);
  }

  #takeInOrder(incoming: Incoming, source: Source): void {
    const { restoration } = incoming;
    for (;;) {
      const body = source.early.get(restoration.chunkCount);
      if (body === undefined) return;
      source.early.delete(body.chunk);
      if (!this.#surroundings.read(() => restoration.add(body.bytes))) return this.#distrust(incoming);
      this.#surroundings.stage(incoming, body.chunk, body.bytes, () => {
        incoming.stagedCount = body.chunk + 1;
        if (this.#incoming === incoming) this.#ask();
      });
      if (body.isLast) return this.#finish(incoming, source);
    }
  }

  #finish(incoming: Incoming, source: Source): void {
    source.askedMs.clear();
    source.early.clear();
    const isRead = this.#surroundings.read(() => {
      incoming.restored = incoming.restoration.finish();
    });
    if (isRead) this.#surroundings.onFetched(incoming.index);
    else this.#distrust(incoming);
  }

  /** All of it is asked for anew; where that fails again and again, not for a while. */
  #distrust({ index, description }: Incoming): void {
    const source = this.#source;
    const known = this.#distrusted;
    const failures = known !== undefined && isSame(known, { index, description }) ? known.failures + 1 : 1;
    const isPaused = failures % LIMITS.snapshotFailures === 0;
    const untilMs = isPaused ? this.#surroundings.nowMs() + INTERVALS.snapshotDistrustMs : 0;
    this.#distrusted = { index, description, failures, untilMs };
    this.abandon();
    if (!isPaused && source !== undefined) this.begin({ from: source.from, index, description });
  }

  #isDistrusted(state: IncomingState): boolean {
    const distrusted = this.#distrusted;
    if (distrusted === undefined || !isSame(distrusted, state)) return false;
    return this.#surroundings.nowMs() < distrusted.untilMs;
  }
}

function newSource(from: ReplicaId, nowMs: number): Source {
  return { from, askedMs: new Map(), early: new Map(), slowestMs: 0, stirredMs: nowMs, vainRounds: 0, window: 1 };
}

function isSame(one: IncomingState, other: IncomingState): boolean {
  if (one.index !== other.index || one.description.length !== other.description.length) return false;
  return one.description.every((byte, at) => byte === other.description[at]);
}
