/**
 * The interface of the client, a machine without promises. It takes calls and answers, and it emits requests and
 * outcomes.
 */
import type { RadiantView } from '../radiant/contract.ts';
import type { Operation, Versionstamp } from '../wire/entries/command.ts';
import type { Configuration, ShardRange } from '../wire/configuration/configuration.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import type { Administration, Conflict, List, Page, Reply, Request } from '../wire/frames/frame.ts';
import type { OrderId } from '../wire/identifiers.ts';

declare const callBrand: unique symbol;
/** Number of a call. The calls of one client boot count from 1. */
export type CallNumber = number & { readonly [callBrand]: 'CallNumber' };

export type Call = KeyCall | ListCall | GovernanceCall;

/** A call for the order that serves the key. */
export type KeyCall =
  | { readonly kind: 'write'; readonly operation: Operation }
  | { readonly kind: 'get'; readonly key: Uint8Array };

/** A range of slots, first and last included. */
export type SlotRange = Pick<ShardRange, 'first' | 'last'>;

/**
 * Reads one page of the keys in some slots. The page covers those of the slots that the order of the first slot serves.
 */
export interface ListCall extends Omit<List, 'shards'> {
  /** At least one range. Sorted and disjoint. */
  readonly slots: readonly SlotRange[];
}

/** A page, and the slots whose keys it lists. The other slots of the call are on other orders. */
export interface ListedPage extends Page {
  readonly covered: readonly SlotRange[];
}

/** A call for the bondsmith. It is idempotent, so it needs no session. */
export type GovernanceCall =
  | { readonly kind: 'administer'; readonly administration: ClientAdministration }
  /** Reads a configuration by number. Undefined asks for the latest one. */
  | { readonly kind: 'query'; readonly number: number | undefined };

/** The operations that a client may send. Only orders report that a shard arrived. */
export type ClientAdministration = Exclude<Administration, { readonly kind: 'installed' }>;

export type CallOutcome =
  | { readonly kind: 'written'; readonly versionstamp: Versionstamp; readonly existed: boolean }
  | Conflict
  | { readonly kind: 'value'; readonly value: Uint8Array; readonly versionstamp: Versionstamp }
  | { readonly kind: 'missing' }
  | ListedPage
  /** The requested configuration, or one that includes the change. */
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | { readonly kind: 'failed'; readonly error: ShardbearerError };

export type ClientEvent =
  | { readonly kind: 'tick' }
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** The view of the radiant changed. */
  | { readonly kind: 'view'; readonly view: RadiantView }
  /** The radiant of this client stopped or could not start. Nothing can be sent until it restarts. */
  | { readonly kind: 'radiant-down'; readonly error: Pick<ShardbearerError, 'code' | 'message'> }
  /** Another boot of the radiant runs. Answers in flight are lost. */
  | { readonly kind: 'radiant-restarted' };

export type ClientEffect =
  /** The host passes this request to its radiant as a `request` event. The radiant finds the herald. */
  | { readonly kind: 'request'; readonly order: OrderId; readonly request: Request }
  | { readonly kind: 'settle'; readonly call: CallNumber; readonly outcome: CallOutcome };

/** One client boot. It is synchronous. The same environment and events lead to the same effects. */
export interface ClientMachine {
  /**
   * Starts one call. One `settle` effect ends the call.
   * @param timeoutMs time after which the call ends; by default `requestDeadlineMs`, or later for a call that waited
   * @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`, `VALUE_TOO_LARGE`, `OVERLOADED`
   */
  call(call: Call, timeoutMs?: number): CallNumber;
  /**
   * Settles the call with `ABORTED`, because its caller stopped waiting. A call that was sent can still take effect.
   */
  abort(call: CallNumber): void;
  /** Settles every call with `CLOSED`. No call may follow. */
  close(): void;
  handle(event: ClientEvent): void;
  takeEffects(): readonly ClientEffect[];
}
