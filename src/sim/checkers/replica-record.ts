import type { RecordChange, Records, WriteBatch } from '../../storage/contract.ts';
import { groupCheckpointKey, groupCreationKey, groupStateKey } from '../../storage/keys.ts';
import type { OrderId, ReplicaId } from '../../wire/identifiers.ts';
import { decodeRaftHardState } from '../../wire/raft-codec.ts';
import type { RaftHardState } from '../../wire/raft-message.ts';
import { decodeGroupRecord } from '../../wire/record-codec.ts';
import type { GroupRecord } from '../../wire/records.ts';
import { check } from '../violation.ts';
import { type Manifest, manifestOf, ReplicaCheckpoint } from './replica-checkpoint.ts';
import { ReplicaLog } from './replica-log.ts';

/** What a batch did to a replica's record. */
export interface RecordUpdate {
  /** The first index of the log that it wrote or cut off behind the end; undefined: none. */
  readonly from: number | undefined;
  /** The manifest that it put in place; undefined: none. */
  readonly manifest: Manifest | undefined;
  /** Whether that came with another replica's state, in place of the log. */
  readonly isInstall: boolean;
  /** Whether the radiant is another replica of the order from now on, or a replica for the first time. */
  readonly isBirth: boolean;
}

/** What one radiant has handed to its disk for one order, or what its disk has flushed. */
export class ReplicaRecord {
  readonly order: OrderId;
  readonly #creationKey: string;
  readonly #stateKey: string;
  readonly #checkpointKey: string;
  #log: ReplicaLog;
  #checkpoint: ReplicaCheckpoint;
  #creation: GroupRecord | undefined;
  #hardState: RaftHardState | undefined;

  constructor(order: OrderId, records: Records) {
    this.order = order;
    this.#creationKey = groupCreationKey(order);
    this.#stateKey = groupStateKey(order);
    this.#checkpointKey = groupCheckpointKey(order);
    this.#log = new ReplicaLog(order, records);
    this.#checkpoint = new ReplicaCheckpoint(order, records);
    const creation = records.get(this.#creationKey);
    const state = records.get(this.#stateKey);
    this.#take(
      creation && { kind: 'put', key: this.#creationKey, value: creation },
      state && { kind: 'put', key: this.#stateKey, value: state },
    );
    this.#log.beginBehind(this.base);
    this.#checkFront();
  }

  /** Undefined: it is no member. */
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

  /** Up to here its checkpoint stands for the entries; 0: it has none. */
  get base(): number {
    return this.#checkpoint.manifest?.index ?? 0;
  }

  /** Up to here it remembers all: in its checkpoint or in its log. */
  get lastIndex(): number {
    return Math.max(this.#log.lastIndex, this.base);
  }

  get lastTerm(): number {
    return this.#log.lastTerm > 0 ? this.#log.lastTerm : (this.#checkpoint.manifest?.term ?? 0);
  }

  /** Undefined: it does not know that entry, or its checkpoint stands for it together with others. */
  termAt(index: number): number | undefined {
    const manifest = this.#checkpoint.manifest;
    return this.#log.at(index)?.term ?? (manifest?.index === index ? manifest.term : undefined);
  }

  apply(batch: WriteBatch): RecordUpdate {
    const { creation, state, checkpoint } = this.#ownChanges(batch);
    const isBirth = creation !== undefined && this.#isAnother(creation);
    if (isBirth) this.#forget(batch);
    const coming = checkpoint?.kind === 'put' ? manifestOf(checkpoint.value) : undefined;
    const isInstall = coming !== undefined && this.termAt(coming.index) !== coming.term;
    this.#take(creation, state);
    const from = this.#applyToLog(batch, isInstall ? coming : undefined);
    this.#checkpoint.apply(batch);
    this.#checkFront();
    return { from, manifest: coming, isInstall, isBirth };
  }

  #ownChanges(batch: WriteBatch): OwnChanges {
    const changes: { creation?: RecordChange; state?: RecordChange; checkpoint?: RecordChange } = {};
    for (const change of batch) {
      if (change.key === this.#creationKey) changes.creation = change;
      else if (change.key === this.#stateKey) changes.state = change;
      else if (change.key === this.#checkpointKey) changes.checkpoint = change;
    }
    return changes;
  }

  #isAnother(creation: RecordChange): boolean {
    return creation.kind === 'delete' || decodeGroupRecord(creation.value).replica !== this.replica;
  }

  /** What one replica of this radiant remembered is nothing that the next may go on with. */
  #forget(batch: WriteBatch): void {
    check(
      !this.#log.outlives(batch) && !this.#checkpoint.outlives(batch),
      'a new replica begins with nothing',
      () => `replica ${this.replica} leaves records to the one that follows it`,
    );
    this.#creation = undefined;
    this.#hardState = undefined;
    this.#log = new ReplicaLog(this.order, NO_RECORDS);
    this.#checkpoint = new ReplicaCheckpoint(this.order, NO_RECORDS);
  }

  /** @returns the first index that was written or cut off behind the end */
  #applyToLog(batch: WriteBatch, installed: Manifest | undefined): number | undefined {
    const from = this.#log.apply(batch);
    if (installed === undefined) return from;
    check(
      this.#log.isEmpty || this.#log.firstIndex > installed.index,
      'an install replaces the whole log',
      () => `replica ${this.replica}: entry ${this.#log.firstIndex} stays before the state at ${installed.index}`,
    );
    this.#log.beginBehind(installed.index);
    return from;
  }

  #checkFront(): void {
    check(
      this.#log.firstIndex <= this.base + 1,
      'the log is never cut beyond the durable checkpoint',
      () =>
        `replica ${this.replica}: the log begins with ${this.#log.firstIndex}, the checkpoint ends with ${this.base}`,
    );
  }

  #take(creation: RecordChange | undefined, state: RecordChange | undefined): void {
    if (creation?.kind === 'put') this.#creation = decodeGroupRecord(creation.value);
    if (state?.kind === 'delete') this.#hardState = undefined;
    if (state?.kind !== 'put') return;
    const before = this.#hardState;
    const now = decodeRaftHardState(state.value);
    this.#hardState = now;
    if (before === undefined) return;
    const described = (): string => `replica ${this.replica}: ${JSON.stringify(before)}, then ${JSON.stringify(now)}`;
    check(now.term >= before.term, 'a term never shrinks', described);
    check(
      now.term > before.term || before.vote === undefined || now.vote === before.vote,
      'one vote in a term',
      described,
    );
  }
}

interface OwnChanges {
  readonly creation?: RecordChange;
  readonly state?: RecordChange;
  readonly checkpoint?: RecordChange;
}

const NO_RECORDS: Records = new Map();
