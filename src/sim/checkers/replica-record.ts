import { groupCreationKey, groupStateKey } from '../../storage/keys.ts';
import type { Records, WriteBatch } from '../../storage/contract.ts';
import type { OrderId, ReplicaId } from '../../wire/identifiers.ts';
import { decodeRaftHardState } from '../../wire/raft-codec.ts';
import type { RaftHardState } from '../../wire/raft-message.ts';
import { decodeGroupRecord } from '../../wire/record-codec.ts';
import { check } from '../violation.ts';
import { ReplicaLog } from './replica-log.ts';

/** What one radiant has handed to its disk for one order, or what its disk has flushed. */
export class ReplicaRecord {
  readonly order: OrderId;
  readonly log: ReplicaLog;
  #replica: ReplicaId | undefined;
  #voters = 0;
  #hardState: RaftHardState | undefined;

  constructor(order: OrderId, records: Records) {
    this.order = order;
    this.log = new ReplicaLog(order, records);
    this.#take(records.get(groupCreationKey(order)), records.get(groupStateKey(order)));
  }

  /** Undefined: it is no member. */
  get replica(): ReplicaId | undefined {
    return this.#replica;
  }

  get voters(): number {
    return this.#voters;
  }

  get hardState(): RaftHardState | undefined {
    return this.#hardState;
  }

  /** @returns the first index of the log that the batch changed; undefined: none */
  apply(batch: WriteBatch): number | undefined {
    let creation: Uint8Array | undefined;
    let state: Uint8Array | undefined;
    for (const change of batch) {
      if (change.kind !== 'put') continue;
      if (change.key === groupCreationKey(this.order)) creation = change.value;
      else if (change.key === groupStateKey(this.order)) state = change.value;
    }
    this.#take(creation, state);
    return this.log.apply(batch);
  }

  #take(creation: Uint8Array | undefined, state: Uint8Array | undefined): void {
    if (creation !== undefined) {
      const record = decodeGroupRecord(creation);
      this.#replica = record.replica;
      this.#voters = record.firstVoters.length;
    }
    if (state === undefined) return;
    const before = this.#hardState;
    const now = decodeRaftHardState(state);
    this.#hardState = now;
    if (before === undefined) return;
    const described = (): string => `replica ${this.#replica}: ${JSON.stringify(before)}, then ${JSON.stringify(now)}`;
    check(now.term >= before.term, 'a term never shrinks', described);
    check(
      now.term > before.term || before.vote === undefined || now.vote === before.vote,
      'one vote in a term',
      described,
    );
  }
}
