import type { Participant } from './configuration.ts';
import type { ClientId, SequenceNumber, Slot } from './identifiers.ts';

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

/** Who an order should consist of. One with a number that is not above all before it does nothing (design, rule 7). */
export interface MembersWish {
  readonly number: number;
  /** At least one; nobody is in both lists. */
  readonly voters: readonly Participant[];
  readonly learners: readonly Participant[];
}

export type MembersEntry =
  | ({ readonly kind: 'members'; readonly logTimeMs: number } & MembersWish)
  /** The membership has come to the wish of this number: whoever it does not name is out of the order for good. */
  | { readonly kind: 'members-reached'; readonly logTimeMs: number; readonly number: number };

/** What an order's log holds. */
export type Entry = ClientEntry | MembersEntry;
