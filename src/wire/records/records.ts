import type { Configuration, CreationRecord } from '../configuration/configuration.ts';
import type { SeenReplica } from '../frames/frame.ts';
import type { BootId, ClusterId, DeviceId, LogIndex, RadiantId, ReplicaId } from '../identifiers.ts';

/** Who a radiant is. Shares one database with all it must not forget (design, rule 2). */
export interface IdentityRecord {
  readonly radiant: RadiantId;
  readonly device: DeviceId;
  readonly boot: BootId;
  /** Grows by one with every boot. */
  readonly startCounter: number;
  readonly formatVersion: number;
}

/** Flushed before the founder answers its first beacon (design, rule 12). */
export interface FoundingRecord {
  readonly cluster: ClusterId;
  /** Undefined while beacons are collected: a tab that finds it so goes on with it. */
  readonly configuration: Configuration | undefined;
}

/** This radiant's place in one order; written once, together with the first hard state. */
export interface GroupRecord extends CreationRecord {
  readonly replica: ReplicaId;
}

/** This radiant was a member of an order, and is out of it. */
export interface DepartureRecord {
  /** Under which it was a member last. */
  readonly replica: ReplicaId;
}

export interface SeenRecord {
  readonly seen: readonly SeenReplica[];
}

/** Consecutive log entries in one record. */
export interface LogRecord {
  readonly firstIndex: LogIndex;
  readonly entries: readonly Uint8Array[];
}

/** A replica's state as of one place of its log, complete with its chunks: it begins there, and not with entry 1. */
export interface CheckpointRecord {
  /** Of the latest entry in it. */
  readonly index: LogIndex;
  /** What the algorithm must remember of the log up to there; opaque to all others. */
  readonly mark: Uint8Array;
  /** An encoded `SnapshotDescription`. */
  readonly description: Uint8Array;
  readonly chunkCount: number;
  readonly origin: ChunkOrigin;
}

/** Whether a state's chunks are a replica's own, or came from another: they lie under different keys. */
export type ChunkOrigin = 'own' | 'fetched';

/** Another replica's state that is being fetched. The same index and description again: the same chunks. */
export interface IncomingRecord {
  readonly index: LogIndex;
  /** An encoded `SnapshotDescription`. */
  readonly description: Uint8Array;
}
