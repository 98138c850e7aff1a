import type {
  Command as CommandMessage,
  Companion,
  Condition,
  Configure,
  MembersReached,
  ShardFreeze,
  ShardInstall,
  ShardRange,
  TargetMembership,
} from '../generated/shardbearer.ts';
import type { ClientId } from '../identifiers.ts';

export type { Condition, Versionstamp } from '../generated/shardbearer.ts';

/** A change that a client requests from an order. */
export type Operation =
  | ({ readonly kind: 'put'; readonly value: Uint8Array } & OnKey)
  | ({ readonly kind: 'append'; readonly value: Uint8Array } & OnKey)
  /** Adds one element to a JSON array. The value is the JSON text of the element. */
  | ({ readonly kind: 'append-element'; readonly value: Uint8Array } & OnKey)
  | ({ readonly kind: 'delete' } & OnKey);

interface OnKey {
  readonly key: Uint8Array;
  /** The version that the key must have for the operation to take effect. Default: any version. */
  readonly condition?: Condition | undefined;
}

/**
 * One operation of a client. Its sequence number makes the operation take effect once, although requests are retried
 * (design, rule 13).
 */
export interface Command extends Omit<CommandMessage, 'operation'> {
  readonly operation: Operation;
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

export type MachineEntry = ClientEntry | ShardEntry | ConfigureEntry;

export type RosterEntry = MembersEntry | CompanionEntry;

export type Entry = MachineEntry | RosterEntry;

/** An entry without log time. The herald adds the time when it proposes the entry. */
export type UntimedEntry = Untimed<Entry>;

type Untimed<Some> = Some extends unknown ? Omit<Some, 'logTimeMs'> : never;
