import type {
  Command as CommandMessage,
  Commit as CommitMessage,
  Companion,
  Condition,
  Configure,
  Expire,
  LockRange,
  MembersReached,
  Prepare as PrepareMessage,
  ReleaseRange,
  Settle,
  ShardFreeze,
  ShardInstall,
  ShardRange,
  TargetMembership,
  TransactionPart as TransactionPartMessage,
} from '../generated/shardbearer.ts';
import type { ClientId } from '../identifiers.ts';

export type {
  Condition,
  KeyCheck,
  LockRange,
  ReleaseRange,
  Settle,
  Transacted,
  Versionstamp,
} from '../generated/shardbearer.ts';

/** A change of one key that a client requests from an order. */
export type Operation = PlainOperation | MachineOperation;

/** A command for the application's machine whose state is the value of the key. */
export interface MachineOperation extends OnKey {
  readonly kind: 'machine';
  /** Name of the machine. */
  readonly machine: string;
  /** The command as JSON. */
  readonly value: Uint8Array;
}

/** A change whose result follows from the operation and the value before. */
export type PlainOperation =
  | ({
      readonly kind: 'put';
      readonly value: Uint8Array;
      /** Milliseconds of log time after which the key expires. Default: the key does not expire. */
      readonly expiresInMs?: number | undefined;
    } & OnKey)
  | ({ readonly kind: 'append'; readonly value: Uint8Array } & OnKey)
  /** Adds one element to a JSON array. The value is the JSON text of the element. */
  | ({ readonly kind: 'append-element'; readonly value: Uint8Array } & OnKey)
  | ({ readonly kind: 'delete' } & OnKey);

interface OnKey {
  readonly key: Uint8Array;
  /** The version that the key must have for the operation to take effect. Default: any version. */
  readonly condition?: Condition | undefined;
}

/** A change of one key in a transaction. Its condition is a check of the transaction. */
export type KeyWrite =
  | { readonly kind: 'put' | 'append' | 'append-element'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array };

/** The part of a transaction in one slot. */
export interface TransactionPart extends Omit<TransactionPartMessage, 'writes'> {
  readonly writes: readonly KeyWrite[];
}

/** Identifies a transaction by the session and the sequence number of the command that decides it. */
export type TransactionId = Settle['transaction'];

/** Locks the keys of a transaction in the slot of the command, if its checks hold (design, rule 16). */
export interface Prepare extends Omit<PrepareMessage, 'part'> {
  readonly kind: 'prepare';
  readonly part: TransactionPart;
}

/**
 * Decides the transaction whose id is the client and the sequence number of this command. Performs its writes in the
 * slots of this order.
 */
export interface Commit extends Omit<CommitMessage, 'parts'> {
  readonly kind: 'commit';
  readonly parts: readonly TransactionPart[];
}

/**
 * One operation of a client. Its sequence number makes the operation take effect once, although requests are retried
 * (design, rule 13).
 */
export interface Command<Kind extends Operation | Prepare | Commit = Operation | Prepare | Commit>
  extends Omit<CommandMessage, 'operation'> {
  readonly operation: Kind;
}

interface Timed {
  readonly logTimeMs: number;
}

export type ClientEntry =
  | ({ readonly kind: 'command'; readonly client: ClientId; readonly command: Command } & Timed)
  | ({ readonly kind: 'open-session'; readonly client: ClientId } & Timed);

export type MembersEntry = ({ readonly kind: 'members' } & TargetMembership & Timed) | (MembersReached & Timed);

/** Names the learner that a sole voter waits for before it acknowledges a write (design, rule 6). */
export interface CompanionEntry extends Companion, Timed {}

/** The steps of a handover (design, rule 10). Each step is an entry in the log of the order that performs it. */
export type ShardEntry =
  | (ShardFreeze & Timed)
  | (ShardInstall & Timed)
  /** The old order deletes the shard that it froze. The epoch is that of the freeze. */
  | ({ readonly kind: 'discard'; readonly shard: ShardRange } & Timed)
  /** The slots in this range, which the order already serves, become one shard at this epoch. */
  | ({ readonly kind: 'consolidate'; readonly shard: ShardRange } & Timed);

/** A change of the configuration that the bondsmith decided (design, rule 9). */
export interface ConfigureEntry extends Configure, Timed {}

/** Lets the log time pass while nothing else is written, so that keys whose time is over are removed. */
export interface ExpireEntry extends Expire, Timed {}

/** A step of a transaction (design, rule 16). */
export interface SettleEntry extends Settle, Timed {}

/** Locks a range of keys for a snapshot, or releases it. */
export type RangeEntry = (LockRange & Timed) | (ReleaseRange & Timed);

export type MachineEntry = ClientEntry | ShardEntry | ConfigureEntry | ExpireEntry | SettleEntry | RangeEntry;

export type RosterEntry = MembersEntry | CompanionEntry;

export type Entry = MachineEntry | RosterEntry;

/** An entry without log time. The herald adds the time when it proposes the entry. */
export type UntimedEntry = Untimed<Entry>;

type Untimed<Some> = Some extends unknown ? Omit<Some, 'logTimeMs'> : never;
