import type { ReplicaId } from '../../../wire/identifiers.ts';
import type { RaftHardState } from '../../../wire/raft/message.ts';
import type { GroupRecord } from '../../../wire/records/records.ts';
import { check } from '../../violation.ts';
import type { GroupChanges } from '../group-changes.ts';
import type { Manifest } from '../manifest.ts';
import { ReplicaCheckpoint } from './replica-checkpoint.ts';
import { ReplicaLog } from './replica-log.ts';

export interface RecordUpdate {
  /**
   * The first index that was written or cut off at the end of the log. Undefined: the batch does not change the log.
   */
  readonly from: number | undefined;
  readonly manifest: Manifest | undefined;
  /** Whether the manifest belongs to a fetched state. A fetched state replaces the log. */
  readonly isInstall: boolean;
  /** Whether the radiant becomes a replica of the order, or replaces its replica with another one. */
  readonly isBirth: boolean;
}

/** The records of one radiant in one order, either as issued to the disk or as flushed. */
export class ReplicaRecord {
  #log = new ReplicaLog();
  #checkpoint = new ReplicaCheckpoint();
  #creation: GroupRecord | undefined;
  #hardState: RaftHardState | undefined;

  /** The replica id of the radiant in the order. Undefined: the radiant is not a member of the order. */
  get replica(): ReplicaId | undefined {
    return this.#creation?.replica;
  }

  get creation(): GroupRecord | undefined {
    return this.#creation;
  }

  get hardState(): RaftHardState | undefined {
    return this.#hardState;
  }

  get log(): ReplicaLog {
    return this.#log;
  }

  /** Index of the last entry that the checkpoint covers. 0: there is no checkpoint. */
  get base(): number {
    return this.#checkpoint.manifest?.index ?? 0;
  }

  /** Index of the last entry that the checkpoint or the log holds. */
  get lastIndex(): number {
    return Math.max(this.#log.lastIndex, this.base);
  }

  get lastTerm(): number {
    return this.#log.lastTerm > 0 ? this.#log.lastTerm : (this.#checkpoint.manifest?.term ?? 0);
  }

  /** The term of the log entry at the index. Undefined: the log has no such entry. A checkpoint may still cover it. */
  termAt(index: number): number | undefined {
    const manifest = this.#checkpoint.manifest;
    return this.#log.at(index)?.term ?? (manifest?.index === index ? manifest.term : undefined);
  }

  load(found: GroupChanges): void {
    const { creation, state, log } = found;
    this.#creation = creation === 'deleted' ? undefined : creation;
    this.#hardState = state === 'deleted' ? undefined : state;
    this.#log.apply(log);
    this.#checkpoint.apply(found);
    this.#log.beginBehind(this.base);
    this.#checkFront();
  }

  apply(changes: GroupChanges): RecordUpdate {
    const { creation, state, manifest, log } = changes;
    const isBirth = creation !== undefined && (creation === 'deleted' || creation.replica !== this.replica);
    if (isBirth) this.#forget(changes);
    const coming = manifest === 'deleted' ? undefined : manifest;
    const isInstall = coming !== undefined && this.termAt(coming.index) !== coming.term;
    if (creation !== undefined && creation !== 'deleted') this.#creation = creation;
    if (state !== undefined) this.#takeState(state === 'deleted' ? undefined : state);
    const from = this.#log.apply(log);
    if (isInstall) this.#install(coming);
    this.#checkpoint.apply(changes);
    this.#checkFront();
    return { from, manifest: coming, isInstall, isBirth };
  }

  /** Ends the current replica. A new replica of the same radiant inherits no records. */
  #forget(changes: GroupChanges): void {
    check(
      !this.#log.outlives(changes.log) && !this.#checkpoint.outlives(changes),
      'a new replica begins without records',
      () => `replica ${this.replica} leaves records to its successor`,
    );
    this.#creation = undefined;
    this.#hardState = undefined;
    this.#log = new ReplicaLog();
    this.#checkpoint = new ReplicaCheckpoint();
  }

  /** Lets the log continue after a fetched state. */
  #install({ index }: Manifest): void {
    check(
      this.#log.isEmpty || this.#log.firstIndex > index,
      'an install replaces the whole log',
      () => `replica ${this.replica}: entry ${this.#log.firstIndex} stays before the state at ${index}`,
    );
    this.#log.beginBehind(index);
  }

  #checkFront(): void {
    check(
      this.#log.firstIndex <= this.base + 1,
      'the log is never cut beyond the durable checkpoint',
      () =>
        `replica ${this.replica}: the log begins with ${this.#log.firstIndex}, the checkpoint ends with ${this.base}`,
    );
  }

  #takeState(now: RaftHardState | undefined): void {
    const before = this.#hardState;
    this.#hardState = now;
    if (before === undefined || now === undefined) return;
    const described = (): string => `replica ${this.replica}: ${JSON.stringify(before)}, then ${JSON.stringify(now)}`;
    check(now.term >= before.term, 'a term never shrinks', described);
    check(
      now.term > before.term || before.vote === undefined || now.vote === before.vote,
      'one vote in a term',
      described,
    );
  }
}
