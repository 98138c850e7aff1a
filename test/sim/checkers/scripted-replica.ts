/** Replicas whose writes, messages and shard states a test scripts. Checkers see each of them as a radiant. */
import type { ObservedRadiant, ObservedReplica, Observer } from '../../../src/sim/world/observer.ts';
import type { RecordChange } from '../../../src/storage/contract.ts';
import {
  groupCheckpointKey,
  groupChunkKey,
  groupCreationKey,
  groupLogKey,
  groupStateKey,
} from '../../../src/storage/keys.ts';
import { encodeFrame } from '../../../src/wire/frames/frame-codec.ts';
import {
  asLogIndex,
  asReplicaId,
  type BootId,
  type DeviceId,
  idFromBytes,
  type OrderId,
  type RadiantId,
  type RandomId,
} from '../../../src/wire/identifiers.ts';
import { encodeRaftEntry, encodeRaftHardState, encodeRaftMessage } from '../../../src/wire/raft/raft-codec.ts';
import { encodeMembershipChange, encodeRaftSnapshot } from '../../../src/wire/raft/membership-codec.ts';
import {
  EMPTY_RAFT_MESSAGE,
  type MembershipChange,
  type RaftMembership,
  type RaftMessage,
} from '../../../src/wire/raft/message.ts';
import { encodeCheckpointRecord, encodeGroupRecord, encodeLogRecord } from '../../../src/wire/records/record-codec.ts';
import type { ChunkOrigin } from '../../../src/wire/records/records.ts';
import { encodeSnapshotDescription } from '../../../src/wire/records/snapshot-description.ts';

const NO_BYTES = new Uint8Array(0);
const id = <Id extends RandomId>(kind: number, number: number): Id =>
  idFromBytes<Id>(new Uint8Array(16).fill(kind, 0, 8).fill(number, 8));

export function orderNumbered(number: number): OrderId {
  return id<OrderId>(1, number);
}

export const ORDER = orderNumbered(1);

/** A log entry of the given term. With `change`, the entry changes the membership; without it, the entry is empty. */
export interface ScriptedEntry {
  readonly term: number;
  readonly change?: MembershipChange;
}

/** A change of the membership. A single addition or removal is a simple change; several make a joint change. */
export function changing(
  ...changes: readonly [MembershipChange['changes'][number]['kind'], number][]
): MembershipChange {
  return {
    transition: 'auto',
    changes: changes.map(([kind, replica]) => ({ kind, replica: asReplicaId(replica) })),
    context: NO_BYTES,
  };
}

export function membershipOf(voters: readonly number[], learners: readonly number[] = []): RaftMembership {
  return {
    voters: voters.map(asReplicaId),
    outgoingVoters: [],
    learners: learners.map(asReplicaId),
    nextLearners: [],
    autoLeave: false,
  };
}

export interface ScriptedCheckpoint {
  readonly index: number;
  readonly term: number;
  readonly membership: RaftMembership;
  readonly digest?: string;
  readonly origin?: ChunkOrigin;
  readonly chunkCount?: number;
}

export class ScriptedReplica implements ObservedRadiant {
  readonly name: string;
  readonly radiant: RadiantId;
  readonly boot: BootId;
  stateDigest = '';
  readonly #observer: Observer;
  readonly #order: OrderId;
  readonly #replica: number;
  readonly #firstVoters: readonly number[];
  #view: ObservedReplica['replica'] | undefined;

  constructor(
    observer: Observer,
    replica: number,
    firstVoters: readonly number[],
    { radiant = replica, order = ORDER } = {},
  ) {
    this.#order = order;
    this.#observer = observer;
    this.#replica = replica;
    this.#firstVoters = firstVoters;
    this.name = `replica ${replica}`;
    this.radiant = id<RadiantId>(2, radiant);
    this.boot = id<BootId>(3, radiant);
  }

  replicas(): readonly ObservedReplica[] {
    return this.#view === undefined ? [] : [{ order: this.#order, replica: this.#view }];
  }

  digest(): string {
    return this.stateDigest;
  }

  shards(): undefined {
    return undefined;
  }

  /** Gives a batch to the disk, and lets the disk flush it. */
  writes(...changes: readonly RecordChange[]): this {
    this.begins(...changes);
    this.#observer.writeFlushed?.(this, changes);
    return this;
  }

  begins(...changes: readonly RecordChange[]): this {
    this.#observer.writeBegan?.(this, changes);
    return this;
  }

  born(): this {
    return this.writes(...this.birth());
  }

  birth(): readonly RecordChange[] {
    const firstVoters = this.#firstVoters.map((voter) => ({
      radiant: id<RadiantId>(2, voter),
      replica: asReplicaId(voter),
      device: id<DeviceId>(4, voter),
    }));
    const record = { id: this.#order, replica: asReplicaId(this.#replica), firstVoters, firstShards: [] };
    return [
      { kind: 'put', key: groupCreationKey(this.#order), value: encodeGroupRecord(record) },
      state(0, undefined, 0, this.#order),
    ];
  }

  votes(term: number, candidate: number): this {
    return this.writes(state(term, candidate, 0, this.#order));
  }

  appends(firstIndex: number, ...entries: readonly ScriptedEntry[]): this {
    return this.writes(logOf(this.#order, firstIndex, entries));
  }

  stands(shardState: Partial<Omit<ObservedReplica['replica'], 'replica'>>): this {
    const before = this.#view;
    this.#view = {
      replica: asReplicaId(this.#replica),
      role: before?.role ?? 'follower',
      term: before?.term ?? 0,
      committed: before?.committed ?? 0,
      applied: before?.applied ?? 0,
      ...shardState,
    };
    this.#observer.handled?.(this);
    return this;
  }

  says(type: RaftMessage['type'], to: number, content: { term?: number; index?: number } = {}): this {
    const [from, receiver] = [asReplicaId(this.#replica), asReplicaId(to)];
    const index = asLogIndex(content.index ?? 0);
    const message = { ...EMPTY_RAFT_MESSAGE, type, from, to: receiver, term: content.term ?? 0, index };
    const bytes = encodeFrame({
      cluster: undefined,
      sender: this.radiant,
      senderBoot: this.boot,
      receiver: id<RadiantId>(2, to),
      receiverBoot: undefined,
      group: this.#order,
      hopLimit: 1,
      urgent: true,
      body: {
        kind: 'consensus',
        from,
        to: receiver,
        flushed: { voteEpoch: 0, index: 0, committedIndex: 0 },
        message: encodeRaftMessage(message),
      },
    });
    this.#observer.sent?.(this, bytes);
    return this;
  }
}

export function state(term: number, vote?: number, commit = 0, order = ORDER): RecordChange {
  const hardState = { term, vote: vote === undefined ? undefined : asReplicaId(vote), commit: asLogIndex(commit) };
  return { kind: 'put', key: groupStateKey(order), value: encodeRaftHardState(hardState) };
}

export function log(firstIndex: number, ...entries: readonly ScriptedEntry[]): RecordChange {
  return logOf(ORDER, firstIndex, entries);
}

function logOf(order: OrderId, firstIndex: number, entries: readonly ScriptedEntry[]): RecordChange {
  const encoded = entries.map(({ term, change }, at) =>
    encodeRaftEntry({
      term,
      index: asLogIndex(firstIndex + at),
      kind: change === undefined ? 'normal' : 'membership',
      payload: change === undefined ? NO_BYTES : encodeMembershipChange(change),
    }),
  );
  const record = { firstIndex: asLogIndex(firstIndex), entries: encoded };
  return { kind: 'put', key: groupLogKey(order, record.firstIndex), value: encodeLogRecord(record) };
}

export function cut(firstIndex: number): RecordChange {
  return { kind: 'delete', key: groupLogKey(ORDER, asLogIndex(firstIndex)) };
}

export function chunk(index: number, number = 0, origin: ChunkOrigin = 'own'): RecordChange {
  const key = groupChunkKey(ORDER, { origin, index: asLogIndex(index), number });
  return { kind: 'put', key, value: NO_BYTES };
}

export function manifest({
  index,
  term,
  membership,
  digest = '',
  origin = 'own',
  chunkCount = 1,
}: ScriptedCheckpoint): RecordChange {
  const at = asLogIndex(index);
  const record = {
    index: at,
    compactionPoint: encodeRaftSnapshot({ index: at, term, membership, payload: NO_BYTES }),
    description: encodeSnapshotDescription({ index: at, digest, roster: NO_BYTES }),
    origin,
    chunkCount,
  };
  return { kind: 'put', key: groupCheckpointKey(ORDER), value: encodeCheckpointRecord(record) };
}
