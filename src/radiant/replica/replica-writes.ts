/**
 * The writes of one replica. They contain the batches of its consensus algorithm, and the records that belong to them.
 */
import type { SeenReplicas } from '../../cluster/seen-replicas.ts';
import type { Persist } from '../../consensus/contract.ts';
import type { RecordChange } from '../../storage/contract.ts';
import type { GroupLog } from '../../storage/group-log.ts';
import { groupSeenKey, groupStateKey } from '../../storage/keys.ts';
import type { LogIndex, OrderId } from '../../wire/identifiers.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import { encodeSeenRecord } from '../../wire/records/record-codec.ts';
import type { ReadableClock } from '../clock.ts';
import type { Changes, Writer } from '../writer.ts';
import { LogAppends } from './log-appends.ts';
import type { OrderState } from './order-state.ts';

interface ReplicaWritesOptions {
  readonly order: OrderId;
  readonly log: GroupLog;
  readonly writer: Pick<Writer, 'add' | 'makeQueued'>;
  readonly seen: SeenReplicas;
  readonly clock: ReadableClock;
  readonly state: Pick<OrderState, 'applied'>;
  /** Returns the changes that install a snapshot, for the batch that the algorithm persists. */
  readonly install: (snapshot: NonNullable<Persist['snapshot']>) => readonly RecordChange[];
  readonly onPersisted: (persist: Persist) => void;
}

export class ReplicaWrites {
  readonly #options: ReplicaWritesOptions;
  readonly #appends: LogAppends;
  #seenWrittenMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(options: ReplicaWritesOptions) {
    this.#options = options;
    this.#appends = new LogAppends(options.log);
  }

  /** Writes changes after all earlier ones. After `stop`, it adds no changes and calls no callback. */
  add(changes: Changes, onDurable: () => void): void {
    if (this.#isStopped) return;
    this.#options.writer.add(changes, () => {
      if (!this.#isStopped) onDurable();
    });
  }

  /** Writes the hard state (term, vote, commit index), log entries and a fetched snapshot of the consensus algorithm. */
  persist(persist: Persist): void {
    if (this.#isStopped) return;
    const { state, snapshot, log } = persist;
    const { order, writer, clock } = this.#options;
    const others: RecordChange[] = [];
    if (snapshot !== undefined) {
      // Waiting appends are turned into changes now, because the snapshot may be written in a later batch.
      writer.makeQueued();
      others.push(...this.#options.install(snapshot));
    }
    if (log !== undefined) this.#appends.add(log);
    if (state !== undefined) this.#appends.addState({ kind: 'put', key: groupStateKey(order), value: state });
    if (clock.nowMs - this.#seenWrittenMs >= clock.times.liveness.presenceMs) others.push(...this.#seenChanges());
    const serial = this.#appends.lastSerial;
    writer.add(
      () => {
        const changes = this.#appends.take(serial);
        this.settle(this.#options.state.applied);
        return others.length === 0 ? changes : [...others, ...changes];
      },
      () => {
        if (!this.#isStopped) this.#options.onPersisted(persist);
      },
    );
  }

  /** Notes that entries up to `index` will not be replaced. */
  settle(index: LogIndex): void {
    const { log } = this.#options;
    log.commitThrough(asLogIndex(Math.min(index, log.lastIndex)));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /**
   * The sightings to write. Positions that peers flushed change with every message. They are written once per presence
   * interval, because one more record in every write would delay every put.
   */
  #seenChanges(): readonly RecordChange[] {
    const { order, seen, clock } = this.#options;
    const sightings = seen.takeUnwritten(order);
    if (sightings === undefined) return [];
    this.#seenWrittenMs = clock.nowMs;
    return [{ kind: 'put', key: groupSeenKey(order), value: encodeSeenRecord({ seen: sightings }) }];
  }
}
