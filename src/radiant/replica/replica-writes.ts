/** What one replica writes: the batches that its algorithm asks for, and what has to go along with them. */
import type { SeenReplicas } from '../../cluster/seen.ts';
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
  /** What takes the place of the state, together with what a batch says of a snapshot. */
  readonly install: (snapshot: NonNullable<Persist['snapshot']>) => readonly RecordChange[];
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

  /** Writes changes after all earlier ones. After `stop` nothing is added, and nobody is told of what is durable. */
  add(changes: Changes, onDurable: () => void): void {
    if (this.#isStopped) return;
    this.#options.writer.add(changes, () => {
      if (!this.#isStopped) onDurable();
    });
  }

  persist({ state, snapshot, log }: Persist, onDurable: () => void): void {
    const others: RecordChange[] = [];
    if (snapshot !== undefined) {
      // Appends that wait are written with their own parts: a snapshot may come to the disk in a later write than those.
      this.#options.writer.makeQueued();
      others.push(...this.#options.install(snapshot));
    }
    if (log !== undefined) this.#appends.add(log);
    if (state !== undefined) {
      this.#appends.addState({ kind: 'put', key: groupStateKey(this.#options.order), value: state });
    }
    const serial = this.#appends.lastSerial;
    others.push(...this.#seenChanges());
    this.add(() => [...others, ...this.#takeAppends(serial)], onDurable);
  }

  /** Nothing up to `index` will be replaced any more. */
  settle(index: LogIndex): void {
    const { log } = this.#options;
    log.commitThrough(asLogIndex(Math.min(index, log.lastIndex)));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Some of it may be committed by others already. */
  #takeAppends(serial: number): readonly RecordChange[] {
    const changes = this.#appends.take(serial);
    this.settle(this.#options.state.applied);
    return changes;
  }

  /**
   * What others flushed changes with every message. It goes along once in a presence interval, which is as old as
   * the word of it may be anyway: a record more in every write is what every put would wait for.
   */
  #seenChanges(): readonly RecordChange[] {
    const { order, seen, clock } = this.#options;
    if (clock.nowMs - this.#seenWrittenMs < clock.times.liveness.presenceMs) return [];
    const sightings = seen.takeUnwritten(order);
    if (sightings === undefined) return [];
    this.#seenWrittenMs = clock.nowMs;
    return [{ kind: 'put', key: groupSeenKey(order), value: encodeSeenRecord({ seen: sightings }) }];
  }
}
