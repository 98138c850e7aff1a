import type { ConfigurationChange, ShardRange } from '../configuration/configuration.ts';
import type { ClientId, OrderId, ReplicaId, SequenceNumber, Slot } from '../identifiers.ts';
import type { TargetMembership } from '../configuration/roster.ts';

/** What a client asks an order to change. */
export type Operation =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'append'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array };

/** One operation with what makes it take effect once (design, rule 13). */
export interface Command {
  readonly sequence: SequenceNumber;
  /** The client has the answer to every command up to here, and will never ask again. */
  readonly finishedThrough: SequenceNumber;
  readonly slot: Slot;
  readonly shardEpoch: number;
  readonly operation: Operation;
}

/** Grows for ever for a slot: survives deletes, moves and resets. Compare generation first. */
export interface Versionstamp {
  readonly generation: number;
  readonly revision: number;
}

/** What a client had an order do. */
export type ClientEntry =
  | { readonly kind: 'command'; readonly logTimeMs: number; readonly client: ClientId; readonly command: Command }
  | { readonly kind: 'open-session'; readonly logTimeMs: number; readonly client: ClientId };

export type MembersEntry =
  | ({ readonly kind: 'members'; readonly logTimeMs: number } & TargetMembership)
  /** The membership has come to the target of this number: whoever it does not name is out of the order for good. */
  | { readonly kind: 'members-reached'; readonly logTimeMs: number; readonly number: number };

/** Which learner a sole voter's acknowledgements wait for (design, rule 6); undefined: none any more. */
export interface CompanionEntry {
  readonly kind: 'companion';
  readonly logTimeMs: number;
  readonly companion: ReplicaId | undefined;
}

/** The steps of a shard from one order to another (design, rule 10), each in the log of the order that takes it. */
export type ShardEntry =
  /** The old owner serves it no more: from here on it does not change. `shard.epoch` is the new owner's. */
  | { readonly kind: 'freeze'; readonly logTimeMs: number; readonly shard: ShardRange; readonly to: OrderId }
  /** The new owner takes the next piece of it; with the last one it serves the shard. */
  | {
      readonly kind: 'install';
      readonly logTimeMs: number;
      readonly shard: ShardRange;
      readonly from: OrderId;
      /** Counted from 0; any other than the next one does nothing. */
      readonly chunk: number;
      readonly isLast: boolean;
      readonly bytes: Uint8Array;
    }
  /** The old owner forgets what it froze for that epoch. */
  | { readonly kind: 'discard'; readonly logTimeMs: number; readonly shard: ShardRange }
  /** Slots that this order serves already are one shard now, at this epoch. */
  | { readonly kind: 'consolidate'; readonly logTimeMs: number; readonly shard: ShardRange };

/** A decision of the bondsmith (design, rule 9). */
export interface ConfigureEntry {
  readonly kind: 'configure';
  readonly logTimeMs: number;
  /** In which it was made: one of an earlier term than the latest does nothing. */
  readonly term: number;
  /** Number of the configuration that it follows; where that is not the latest, it does nothing. */
  readonly base: number;
  readonly change: ConfigurationChange;
}

/** What changes the state machine of an order. */
export type MachineEntry = ClientEntry | ShardEntry | ConfigureEntry;

/** What changes who belongs to an order. */
export type RosterEntry = MembersEntry | CompanionEntry;

/** What an order's log holds. */
export type Entry = MachineEntry | RosterEntry;

/** An entry before its herald has given it a time. */
export type UntimedEntry = Untimed<Entry>;

type Untimed<Some> = Some extends unknown ? Omit<Some, 'logTimeMs'> : never;
