/** What a state machine's chunks hold, one after another. */
import type { Versionstamp } from './command.ts';
import type { ShardRange } from './configuration.ts';
import type { ErrorCode } from './errors.ts';
import type { ClientId, LogIndex, SequenceNumber, Slot } from './identifiers.ts';

export type StateItem = StateHead | StateShard | StateSession | StateSlot | StateValue | StateWritten | StateRefused;

/** Comes first, once. */
export interface StateHead {
  readonly kind: 'head';
  readonly generation: number;
  readonly appliedIndex: LogIndex;
  readonly logTimeMs: number;
}

export interface StateShard {
  readonly kind: 'shard';
  readonly shard: ShardRange;
}

export interface StateSession {
  readonly kind: 'session';
  readonly client: ClientId;
  readonly lastUsedMs: number;
  readonly finishedThrough: SequenceNumber;
}

/** Values and outcomes that follow are its own. */
export interface StateSlot {
  readonly kind: 'slot';
  readonly slot: Slot;
  readonly revision: number;
}

export interface StateValue {
  readonly kind: 'value';
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly versionstamp: Versionstamp;
}

/** The outcome of a command that its client has not finished. */
export interface StateWritten {
  readonly kind: 'written';
  /** Counts the sessions from 0. */
  readonly session: number;
  readonly sequence: SequenceNumber;
  readonly versionstamp: Versionstamp;
  readonly existed: boolean;
}

/** The same, where the command was refused. */
export interface StateRefused {
  readonly kind: 'refused';
  readonly session: number;
  readonly sequence: SequenceNumber;
  readonly code: ErrorCode;
  readonly message: string;
}
