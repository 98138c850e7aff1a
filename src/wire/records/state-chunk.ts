/** The items in the chunks of an order's state, and in the chunks of a shard that moves to another order. */
import type { KeyWrite } from '../entries/command.ts';
import type { ErrorCode } from '../errors.ts';
import type {
  ShardEnd,
  ShardRange,
  ShardStart as ShardStartMessage,
  StateAdmission,
  StateChange,
  StateCommit,
  StateConflict,
  StateDropped,
  StateFrozen,
  StateHead as StateHeadMessage,
  StateIncoming,
  StateKept,
  StateLock,
  StateOrigin,
  StateRangeLock,
  StateRefused as StateRefusedMessage,
  StateSession,
  StateSlot,
  StateTransacted,
  StateTrimmed,
  StateValue,
  StateWritten,
} from '../generated/shardbearer.ts';

export type {
  ShardEnd,
  StateAdmission,
  StateChange,
  StateCommit,
  StateConflict,
  StateFrozen,
  StateIncoming,
  StateLock,
  StateOrigin,
  StateRangeLock,
  StateSession,
  StateSlot,
  StateTransacted,
  StateTrimmed,
  StateValue,
  StateWritten,
} from '../generated/shardbearer.ts';

export type StateItem =
  | StateHead
  | StateShard
  | StateOrigin
  | StateDeparted
  | StateRangeLock
  | StateSession
  | StateAdmission
  | SlotItem
  | StateFrozen
  | StateIncoming
  | KeptItem
  | ShardStart
  | ShardEnd;

/**
 * An item about one slot. The item of the kind `slot` comes first. `trimmed`, the values, changes, locks, commits and
 * outcomes of the slot follow in this sequence.
 */
export type SlotItem =
  | StateSlot
  | StateTrimmed
  | StateValue
  | StateChange
  | StateLock
  | StateLockedWrite
  | StateCommit
  | StateWritten
  | StateConflict
  | StateTransacted
  | StateRefused;

/** A write of the preceding lock. */
export interface StateLockedWrite {
  readonly kind: 'locked-write';
  readonly write: KeyWrite;
}

/** An item about the sessions of a frozen shard. These items precede the slots of the shard. */
export type KeptItem = StateKept | StateDropped;

/** The first item of an order's state. It occurs once. */
export type StateHead = Omit<StateHeadMessage, 'schemaVersion'>;

export interface StateShard {
  readonly kind: 'shard';
  readonly shard: ShardRange;
}

/** Slots that left the order at this epoch. They return only at a later epoch. */
export interface StateDeparted {
  readonly kind: 'departed';
  readonly shard: ShardRange;
}

export interface StateRefused extends Omit<StateRefusedMessage, 'code'> {
  readonly code: ErrorCode;
}

/** The first item in the chunks of a shard. It occurs once. */
export type ShardStart = Omit<ShardStartMessage, 'schemaVersion'>;
