/**
 * Decodes a batch of writes once and sorts the changes by order. Checkers read a batch when it is issued and when it is
 * flushed.
 */
import type { RecordChange, WriteBatch } from '../../storage/contract.ts';
import {
  type ChunkPlace,
  groupCheckpointKey,
  groupCreationKey,
  groupStateKey,
  ordersIn,
  parseGroupChunkKey,
  parseGroupLogKey,
} from '../../storage/keys.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { decodeRaftEntry, decodeRaftHardState } from '../../wire/raft/raft-codec.ts';
import { decodeMembershipChange } from '../../wire/raft/membership-codec.ts';
import type { MembershipChange, RaftHardState } from '../../wire/raft/message.ts';
import { decodeGroupRecord, decodeLogRecord } from '../../wire/records/record-codec.ts';
import type { GroupRecord } from '../../wire/records/records.ts';
import { type Manifest, manifestOf } from './manifest.ts';

export interface LoggedEntry {
  readonly term: number;
  readonly hash: number;
  /** The membership change that the entry carries. Undefined: the entry changes no membership. */
  readonly change: MembershipChange | undefined;
  /** The payload for the state machine, as a view into the record's bytes. Undefined: the entry has no payload. */
  readonly payload: Uint8Array | undefined;
}

/** A change to one log record. A change without entries deletes the record. */
export interface LogRecordChange {
  readonly firstIndex: number;
  readonly entries: readonly LoggedEntry[] | undefined;
}

export interface ChunkChange extends ChunkPlace {
  readonly kind: RecordChange['kind'];
}

/** Changes of a batch to the records of one order. Undefined: the batch does not touch the record. */
export interface GroupChanges {
  readonly order: OrderId;
  readonly creation: GroupRecord | 'deleted' | undefined;
  readonly state: RaftHardState | 'deleted' | undefined;
  readonly manifest: Manifest | 'deleted' | undefined;
  readonly log: readonly LogRecordChange[];
  readonly chunks: readonly ChunkChange[];
}

const read = new WeakMap<WriteBatch, readonly GroupChanges[]>();

export function changesIn(batch: WriteBatch): readonly GroupChanges[] {
  let changes = read.get(batch);
  if (changes === undefined) {
    changes = ordersIn(batch.map(({ key }) => key)).map((order) => changesOf(order, batch));
    read.set(batch, changes);
  }
  return changes;
}

function changesOf(order: OrderId, batch: WriteBatch): GroupChanges {
  const [creationKey, stateKey, manifestKey] = [
    groupCreationKey(order),
    groupStateKey(order),
    groupCheckpointKey(order),
  ];
  const changes: { -readonly [Part in 'creation' | 'state' | 'manifest']: GroupChanges[Part] } = {
    creation: undefined,
    state: undefined,
    manifest: undefined,
  };
  const log: LogRecordChange[] = [];
  const chunks: ChunkChange[] = [];
  for (const change of batch) {
    const { key, kind } = change;
    if (key === stateKey) changes.state = kind === 'put' ? decodeRaftHardState(change.value) : 'deleted';
    else if (key === creationKey) changes.creation = kind === 'put' ? decodeGroupRecord(change.value) : 'deleted';
    else if (key === manifestKey) changes.manifest = kind === 'put' ? manifestOf(change.value) : 'deleted';
    else {
      const firstIndex = parseGroupLogKey(order, key);
      const place = firstIndex === undefined ? parseGroupChunkKey(order, key) : undefined;
      if (firstIndex !== undefined)
        log.push({ firstIndex, entries: kind === 'put' ? entriesOf(change.value) : undefined });
      else if (place !== undefined) chunks.push({ ...place, kind });
    }
  }
  return { order, ...changes, log, chunks };
}

function entriesOf(record: Uint8Array): readonly LoggedEntry[] {
  return decodeLogRecord(record).entries.map(loggedEntry);
}

function loggedEntry(bytes: Uint8Array): LoggedEntry {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193);
  const { term, kind, payload } = decodeRaftEntry(bytes);
  return {
    term,
    hash: hash >>> 0,
    change: kind === 'membership' ? decodeMembershipChange(payload) : undefined,
    payload: kind === 'membership' || payload.length === 0 ? undefined : payload,
  };
}
