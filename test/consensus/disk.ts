/** The disk of one replica. It flushes on demand, and a crash loses unflushed writes. */
import type { CommittedEntry, DurableState, CompactionPoint, Persist } from '../../src/consensus/contract.ts';
import { asLogIndex, hexFromBytes } from '../../src/wire/identifiers.ts';
import { must } from './must.ts';

/** All entries that were ever applied. Keeping all of them makes states comparable. */
export type AppliedState = readonly CommittedEntry[];

export interface Checkpoint {
  readonly compactionPoint: CompactionPoint;
  readonly state: AppliedState;
}

export type Write =
  /** `installed` is the state of the snapshot that the batch installs. */
  | { readonly kind: 'persist'; readonly persist: Persist; readonly installed: AppliedState | undefined }
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'cut'; readonly through: number };

/** A snapshot that is being fetched. Its stored chunks are durable. */
export interface Incoming {
  readonly index: number;
  readonly description: string;
  readonly chunks: AppliedState[];
}

export class Disk {
  state: Uint8Array | undefined;
  checkpoint: Checkpoint | undefined;
  log: Uint8Array[] = [];
  firstIndex = 1;
  incoming: Incoming | undefined;
  readonly waiting: Write[] = [];

  get lastIndex(): number {
    return this.firstIndex + this.log.length - 1;
  }

  /** The flushed entry at the index. Undefined: no such entry exists, or a checkpoint has replaced it. */
  entryAt(index: number): string | undefined {
    const entry = this.log[index - this.firstIndex];
    return entry && hexFromBytes(entry);
  }

  /** Finishes the oldest write. Undefined: no write waits. */
  flush(): Write | undefined {
    const write = this.waiting.shift();
    if (write?.kind === 'persist') this.#persist(write.persist, write.installed);
    else if (write?.kind === 'checkpoint') this.checkpoint = write.checkpoint;
    else if (write?.kind === 'cut') this.#cut(write.through);
    return write;
  }

  durable(): DurableState {
    const log = { firstIndex: asLogIndex(this.firstIndex), entries: [...this.log] };
    return { state: this.state, compactionPoint: this.checkpoint?.compactionPoint, log };
  }

  #persist({ state, snapshot, log }: Persist, installed: AppliedState | undefined): void {
    if (state !== undefined) this.state = state;
    if (snapshot !== undefined) {
      must(state !== undefined, 'a snapshot is installed together with the state');
      must(installed !== undefined, 'only a fetched snapshot is installed');
      this.checkpoint = { compactionPoint: snapshot.compactionPoint, state: installed ?? [] };
      this.log = [];
      this.firstIndex = snapshot.compactionPoint.index + 1;
      // A fetch of a newer snapshot may have begun in the meantime. Its chunks stay.
      if (this.incoming?.index === snapshot.compactionPoint.index) this.incoming = undefined;
    }
    if (log === undefined) return;
    const kept = log.firstIndex - this.firstIndex;
    must(kept >= 0 && kept <= this.log.length, 'a log has no gaps');
    this.log.length = kept;
    this.log.push(...log.entries);
  }

  #cut(through: number): void {
    must(through <= (this.checkpoint?.compactionPoint.index ?? 0), 'only what the checkpoint holds is cut off the log');
    const count = through - this.firstIndex + 1;
    if (count <= 0) return;
    must(count <= this.log.length, 'only what is flushed is cut off the log');
    this.log.splice(0, count);
    this.firstIndex = through + 1;
  }
}
