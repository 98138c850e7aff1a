/**
 * The interface of the client, a synchronous state machine. It takes calls and answers, and it emits requests and
 * outcomes.
 */
import type { RadiantView } from '../radiant/contract.ts';
import type { KeyCheck, KeyWrite, LockRange, Operation } from '../wire/entries/command.ts';
import type { Configuration, ShardRange } from '../wire/configuration/configuration.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import type {
  Administration,
  Changes,
  Conflict,
  FoundValue,
  List,
  MachineReply,
  Page,
  Reply,
  Request,
  Watch,
  Written,
  RangeLocked,
  RangeReleased,
} from '../wire/frames/frame.ts';
import type { OrderId, Slot } from '../wire/identifiers.ts';

declare const callBrand: unique symbol;
/** Number of a call. The calls of one client boot count from 1. */
export type CallNumber = number & { readonly [callBrand]: 'CallNumber' };

export type Call = KeyCall | ListCall | RangeCall | WatchCall | TransactionCall | GovernanceCall;

/** A call for the order that serves the key. */
export type KeyCall = { readonly kind: 'write'; readonly operation: Operation } | ReadCall;

export interface ReadCall {
  readonly kind: 'get';
  readonly key: Uint8Array;
  /** The question to the application's machine at the key. Default: the call reads the value. */
  readonly question?: MachineQuestion | undefined;
}

export interface MachineQuestion {
  /** Name of the machine. */
  readonly machine: string;
  /** The question as JSON. */
  readonly value: Uint8Array;
}

/** A range of slots, first and last included. */
export type SlotRange = Pick<ShardRange, 'first' | 'last'>;

/**
 * Reads one page of the keys in some slots. The order that serves the first slot answers. Its page covers only those of
 * the slots that this order serves.
 */
export interface ListCall extends Omit<List, 'shards'> {
  /** At least one range. The ranges are sorted and disjoint. */
  readonly slots: readonly SlotRange[];
}

/**
 * Asks for the changes of some slots. A replica of the order that serves the first slot answers. Its answer covers only
 * those of the slots that this order serves.
 */
export type WatchCall = Watch;

/**
 * Checks the versions of keys, and performs all writes or none (design, rule 16). The transaction is strictly
 * serializable.
 */
export interface TransactionCall {
  readonly kind: 'transaction';
  readonly checks: readonly KeyCheck[];
  /** Slots in which no key may have changed since they had this revision. Each slot occurs once. */
  readonly revisions: readonly SlotRevision[];
  /** Each key occurs once. */
  readonly writes: readonly KeyWrite[];
}

export interface SlotRevision {
  readonly slot: Slot;
  readonly revision: number;
}

/**
 * Locks a range of keys for a snapshot, or releases it. The order that serves the first slot answers. It locks the keys
 * only in those of the slots that it serves.
 */
export type RangeCall =
  | ({ readonly kind: 'lock-range'; readonly slots: readonly SlotRange[] } & Omit<LockRange, 'kind' | 'shards'>)
  | { readonly kind: 'release-range'; readonly lock: LockRange['lock']; readonly slot: Slot };

/** A page, with the slots whose keys the page lists. Other orders serve the other slots of the call. */
export interface ListedPage extends Page {
  readonly covered: readonly ShardRange[];
}

/** A call for the bondsmith. It is idempotent, so it needs no session. */
export type GovernanceCall =
  | { readonly kind: 'administer'; readonly administration: ClientAdministration }
  /** Reads a configuration by number. Undefined asks for the latest one. */
  | { readonly kind: 'query'; readonly number: number | undefined };

/**
 * The changes that a client may request. `installed` is excluded, since only an order reports that a shard has arrived.
 */
export type ClientAdministration = Exclude<Administration, { readonly kind: 'installed' }>;

export type CallOutcome =
  | Written
  | Conflict
  | FoundValue
  | { readonly kind: 'missing' }
  | MachineReply
  | ListedPage
  | Changes
  /** The range is locked in these slots. */
  | (RangeLocked & { readonly covered: readonly SlotRange[] })
  | RangeReleased
  | { readonly kind: 'committed' }
  /** Some checks of the transaction failed, so it had no effect. */
  | { readonly kind: 'rejected'; readonly conflicts: readonly Uint8Array[] }
  /** The configuration that a query asked for, or one that includes the requested change. */
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | { readonly kind: 'failed'; readonly error: ShardbearerError };

export type ClientEvent =
  | { readonly kind: 'tick' }
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** The view of the radiant changed. */
  | { readonly kind: 'view'; readonly view: RadiantView }
  /** The radiant of this client stopped or could not start. Nothing can be sent until it restarts. */
  | { readonly kind: 'radiant-down'; readonly error: Pick<ShardbearerError, 'code' | 'message'> }
  /** Another boot of the radiant runs. Answers in flight to the earlier boot are lost. */
  | { readonly kind: 'radiant-restarted' };

export type ClientEffect =
  /** The host passes this request to its radiant as a `request` event. The radiant finds the herald. */
  | { readonly kind: 'request'; readonly order: OrderId; readonly request: Request }
  | { readonly kind: 'settle'; readonly call: CallNumber; readonly outcome: CallOutcome };

/** One client boot, without promises. The same environment and events lead to the same effects. */
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
