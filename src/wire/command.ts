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

/** What an order's log holds. */
export type Entry =
  | { readonly kind: 'command'; readonly logTimeMs: number; readonly client: ClientId; readonly command: Command }
  | { readonly kind: 'open-session'; readonly logTimeMs: number; readonly client: ClientId };
