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
  /** The version that the key has to have. Default: any. */
  readonly condition?: Condition | undefined;
}

/** One operation with its client, session and sequence numbers, by which it takes effect once (design, rule 13). */
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
  /** The old owner deletes the shard that it froze for that epoch. */
  | ({ readonly kind: 'discard'; readonly shard: ShardRange } & Timed)
  /** Slots that this order already serves become one shard at this epoch. */
  | ({ readonly kind: 'consolidate'; readonly shard: ShardRange } & Timed);

/** A decision of the bondsmith (design, rule 9). */
export interface ConfigureEntry extends Configure, Timed {}

export type MachineEntry = ClientEntry | ShardEntry | ConfigureEntry;

export type RosterEntry = MembersEntry | CompanionEntry;

export type Entry = MachineEntry | RosterEntry;

/** An entry without log time. The herald adds the time when it proposes the entry. */
export type UntimedEntry = Untimed<Entry>;

type Untimed<Some> = Some extends unknown ? Omit<Some, 'logTimeMs'> : never;
