/**
 * The log and checkpoints of a replica, written batch by batch. A crash can follow any batch. The model `Memory` holds
 * the state that the replica must find after the crash.
 */
import type { RecordChange, RecordKey } from '../../src/storage/contract.ts';
import { Checkpoints, type LoadedCheckpoints } from '../../src/storage/group-checkpoint.ts';
import { GroupLog, type LoadedGroupLog } from '../../src/storage/group-log.ts';
import { asLogIndex, type LogIndex, type OrderId, parseId } from '../../src/wire/identifiers.ts';

export const ORDER = parseId<OrderId>('0123456789abcdef0123456789abcdef');

export type Disk = Map<RecordKey, Uint8Array>;

/** The state that a replica must find on its disk after a crash. */
interface Memory {
  readonly state: { readonly index: number; readonly content: string } | undefined;
  readonly incoming: { readonly index: number; readonly content: string } | undefined;
  /** The entries by index. An entry that the checkpoint covers may be missing. */
  readonly entries: readonly (string | undefined)[];
}

interface Batch {
  readonly changes: readonly RecordChange[];
  readonly after: Memory;
}

export interface Found {
  readonly log: LoadedGroupLog;
  readonly states: LoadedCheckpoints;
}

/**
 * Loads the log and the checkpoints from a disk.
 * @throws {StorageLostError} in the cases of `GroupLog.load` and `Checkpoints.load`
 */
export function load(disk: Disk): Found {
  const states = Checkpoints.load(ORDER, disk);
  return { states, log: GroupLog.load(ORDER, disk, states.checkpoints.index) };
}

/** Converts the found state into the form of `Memory`. */
export function sightOf({ log, states }: Found): Memory {
  const { current, incoming } = states;
  const entries: (string | undefined)[] = [undefined];
  const index = states.checkpoints.index;
  for (const [at, entry] of log.entries.entries()) {
    if (log.firstIndex + at > index) entries[log.firstIndex + at] = textOf(entry);
  }
  entries.length = log.log.lastIndex + 1;
  return {
    state: current && { index: current.record.index, content: current.chunks.map(textOf).join('|') },
    incoming: incoming && { index: incoming.record.index, content: incoming.chunks.map(textOf).join('|') },
    entries: Array.from(entries),
  };
}

export class GroupWorld {
  readonly disk: Disk = new Map();
  #batches: Batch[] = [];
  #log = GroupLog.empty(ORDER);
  #states = Checkpoints.empty(ORDER);
  #memory: Memory = { state: undefined, incoming: undefined, entries: [undefined] };
  #memoryOnDisk = this.#memory;
  #applied = 0;
  #written: { readonly index: number; readonly chunks: string[] } | undefined;
  /** Number of chunks of the incoming snapshot, even if a checkpoint has overtaken it. */
  #incomingChunks: number | undefined;
  #count = 0;

  get memory(): Memory {
    return this.#memory;
  }

  /** Number of useless records on the disk, if all batches became durable and the replica then crashed. */
  get leftOver(): number {
    const overtaken = this.#memory.incoming === undefined && this.#incomingChunks !== undefined;
    return (this.#written?.chunks.length ?? 0) + (overtaken ? 1 + (this.#incomingChunks ?? 0) : 0);
  }

  /** @param back place after which the entries are written, from 0 (the applied index) to 1 (the last index) */
  append(back: number, count: number): void {
    const first = this.#fraction(back, this.#applied, this.#lastIndex) + 1;
    const entries = Array.from({ length: count }, () => this.#word());
    const kept = this.#memory.entries.slice(0, first);
    const changes = this.#log.replaceFrom(asLogIndex(first), entries.map(bytesOf));
    this.#write(changes, { ...this.#memory, entries: [...kept, ...entries] });
  }

  apply(part: number): void {
    this.#applied = this.#fraction(part, this.#applied, this.#lastIndex);
    this.#log.commitThrough(asLogIndex(this.#applied));
  }

  begin(): void {
    if (this.#applied <= this.#states.index) return;
    this.#written = { index: this.#applied, chunks: [] };
    this.#write(this.#states.begin(asLogIndex(this.#applied)), this.#memory);
  }

  put(): void {
    if (this.#written === undefined) return;
    const chunk = this.#word();
    this.#written.chunks.push(chunk);
    this.#write(this.#states.put(bytesOf(chunk)), this.#memory);
  }

  complete(): void {
    const written = this.#written;
    if (written === undefined || written.chunks.length === 0) return;
    this.#written = undefined;
    const state = { index: written.index, content: written.chunks.join('|') };
    this.#write(
      this.#states.complete(bytesOf('compaction point'), bytesOf('description')),
      this.#without({ ...this.#memory, state }),
    );
  }

  /**
   * Cuts entries that the checkpoint covers. Unlike a radiant, this model does not wait until the checkpoint is
   * flushed.
   */
  forget(part: number): void {
    const index = this.#fraction(part, 0, this.#states.index);
    this.#write(this.#log.forgetThrough(asLogIndex(index)), this.#memory);
  }

  fetch(ahead: number): void {
    const index = asLogIndex(this.#lastIndex + 1 + ahead);
    this.#incomingChunks = 0;
    this.#write(this.#states.beginIncoming({ index, description: bytesOf('description') }), {
      ...this.#memory,
      incoming: { index, content: '' },
    });
  }

  putIncoming(): void {
    const { incoming } = this.#memory;
    if (incoming === undefined) return;
    const chunk = this.#word();
    this.#incomingChunks = (this.#incomingChunks ?? 0) + 1;
    const content = incoming.content === '' ? chunk : `${incoming.content}|${chunk}`;
    this.#write(this.#states.putIncoming(bytesOf(chunk)), { ...this.#memory, incoming: { ...incoming, content } });
  }

  dropIncoming(): void {
    this.#incomingChunks = undefined;
    this.#write(this.#states.dropIncoming(), { ...this.#memory, incoming: undefined });
  }

  /** Installs a snapshot and appends later entries, in one batch. */
  install(count: number): void {
    const { incoming } = this.#memory;
    if (incoming === undefined || incoming.content === '' || incoming.index <= this.#applied) return;
    const index = asLogIndex(incoming.index);
    const entries = Array.from({ length: count }, () => this.#word());
    const changes = [
      ...this.#states.install(bytesOf('compaction point')),
      ...this.#log.restartBehind(index),
      ...this.#log.replaceFrom(asLogIndex(index + 1), entries.map(bytesOf)),
    ];
    this.#written = undefined;
    this.#incomingChunks = undefined;
    this.#applied = index;
    const replaced = Array.from({ length: index + 1 }, () => undefined);
    this.#write(changes, { state: incoming, incoming: undefined, entries: [...replaced, ...entries] });
  }

  /** Makes a share of the pending batches durable, drops the rest, and restarts the replica. */
  crash(part: number): Found {
    const count = this.#fraction(part, 0, this.#batches.length);
    const durable = this.#batches.slice(0, count);
    for (const { changes } of durable) this.#store(changes);
    this.#memory = durable.at(-1)?.after ?? this.#memoryOnDisk;
    this.#memoryOnDisk = this.#memory;
    this.#batches = [];
    const found = load(this.disk);
    this.#log = found.log.log;
    this.#states = found.states.checkpoints;
    this.#applied = this.#states.index;
    this.#written = undefined;
    this.#incomingChunks = found.states.incoming?.chunks.length;
    this.#write(found.states.garbage, this.#memory);
    return found;
  }

  get #lastIndex(): LogIndex {
    return this.#log.lastIndex;
  }

  #write(changes: readonly RecordChange[], after: Memory): void {
    this.#memory = after;
    this.#batches.push({ changes, after });
  }

  #store(changes: readonly RecordChange[]): void {
    for (const change of changes) {
      if (change.kind === 'put') this.disk.set(change.key, change.value);
      else this.disk.delete(change.key);
    }
  }

  /** Removes from the model the entries and snapshots that the checkpoint covers. */
  #without(memory: Memory): Memory {
    const { state, incoming } = memory;
    const index = state?.index ?? 0;
    const entries = memory.entries.map((entry, at) => (at <= index ? undefined : entry));
    return { state, entries, incoming: incoming !== undefined && incoming.index <= index ? undefined : incoming };
  }

  #fraction(part: number, from: number, to: number): number {
    return from + Math.floor(part * (to - from));
  }

  #word(): string {
    this.#count += 1;
    return `word ${this.#count}`;
  }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
