/** The items in the chunks of a state, and in the chunks of a shard on its way to another order. */
import type { ErrorCode } from '../errors.ts';
import type {
  ShardEnd,
  ShardRange,
  ShardStart as ShardStartMessage,
  StateAdmission,
  StateDropped,
  StateFrozen,
  StateHead as StateHeadMessage,
  StateIncoming,
  StateKept,
  StateOrigin,
  StateRefused as StateRefusedMessage,
  StateSession,
  StateSlot,
  StateValue,
  StateWritten,
} from '../generated/shardbearer.ts';

export type {
  ShardEnd,
  StateAdmission,
  StateFrozen,
  StateIncoming,
  StateOrigin,
  StateSession,
  StateSlot,
  StateValue,
  StateWritten,
} from '../generated/shardbearer.ts';

export type StateItem =
  | StateHead
  | StateShard
  | StateOrigin
  | StateDeparted
  | StateSession
  | StateAdmission
  | SlotItem
  | StateFrozen
  | StateIncoming
  | KeptItem
  | ShardStart
  | ShardEnd;

/** A slot, and its content behind it. */
export type SlotItem = StateSlot | StateValue | StateWritten | StateRefused;

/** The sessions of a shard that is not served. Its slots follow. */
export type KeptItem = StateKept | StateDropped;

/** The first item of a state, once. */
export type StateHead = Omit<StateHeadMessage, 'schemaVersion'>;

/** A shard that is served. */
export interface StateShard {
  readonly kind: 'shard';
  readonly shard: ShardRange;
}

/** Slots that left at that epoch. They come back at a later epoch only. */
export interface StateDeparted {
  readonly kind: 'departed';
  readonly shard: ShardRange;
}

/** Outcome of a refused command. */
export interface StateRefused extends Omit<StateRefusedMessage, 'code'> {
  readonly code: ErrorCode;
}

/** The first item in the chunks of a shard, once. */
export type ShardStart = Omit<ShardStartMessage, 'schemaVersion'>;
