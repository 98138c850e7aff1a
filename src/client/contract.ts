/** An application's side, before promises: calls go in, requests come out, answers settle them. */
import type { RadiantView } from '../radiant/contract.ts';
import type { Environment } from '../radiant/environment.ts';
import type { Operation, Versionstamp } from '../wire/entries/command.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import type { Administration, Reply, Request } from '../wire/frames/frame.ts';
import type { OrderId } from '../wire/identifiers.ts';

declare const callBrand: unique symbol;
/** Counts the calls of one client boot from 1. */
export type CallNumber = number & { readonly [callBrand]: 'CallNumber' };

export type Call = KeyCall | GovernanceCall;

/** What the order of a key's slot is asked. */
export type KeyCall =
  | { readonly kind: 'write'; readonly operation: Operation }
  | { readonly kind: 'get'; readonly key: Uint8Array };

/** What the bondsmith is asked; idempotent, so it needs no session. */
export type GovernanceCall =
  | { readonly kind: 'administer'; readonly administration: ClientAdministration }
  /** A configuration of the past; undefined: the latest. */
  | { readonly kind: 'query'; readonly number: number | undefined };

/** That a shard has arrived is an order's word alone. */
export type ClientAdministration = Exclude<Administration, { readonly kind: 'installed' }>;

export type CallOutcome =
  | { readonly kind: 'written'; readonly versionstamp: Versionstamp; readonly existed: boolean }
  | { readonly kind: 'value'; readonly value: Uint8Array; readonly versionstamp: Versionstamp }
  | { readonly kind: 'missing' }
  /** The one asked for; after an administration one in which it is so. */
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | { readonly kind: 'failed'; readonly error: ShardbearerError };

export type ClientEvent =
  | { readonly kind: 'tick' }
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** What the radiant knows: who leads, who is missing. */
  | { readonly kind: 'view'; readonly view: RadiantView }
  /** The radiant under this client stopped, or could not be started: nothing can be sent until it restarts. */
  | { readonly kind: 'radiant-down'; readonly error: Pick<ShardbearerError, 'code' | 'message'> }
  /** Another boot takes the place of the radiant under this client: answers on the way are lost. */
  | { readonly kind: 'radiant-restarted' };

export type ClientEffect =
  /** Goes to the radiant of this host as a `request` event; that one finds the way to the herald. */
  | { readonly kind: 'request'; readonly order: OrderId; readonly request: Request }
  | { readonly kind: 'settle'; readonly call: CallNumber; readonly outcome: CallOutcome };

/** `new Client(options)` in client.ts. A client mints its own random ids: every client object is a boot of its own. */
export interface ClientOptions {
  readonly environment: Environment;
}

/** One client boot: synchronous, deterministic given its environment and its events. */
export interface ClientMachine {
  /**
   * Starts one call; a `settle` effect ends it, once.
   * @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`, `VALUE_TOO_LARGE`, `OVERLOADED`
   */
  call(call: Call): CallNumber;
  /** The caller stopped waiting. Settles with `ABORTED`; a call that was sent can still take effect. */
  abort(call: CallNumber): void;
  /** Settles every call with `CLOSED`. No call may follow. */
  close(): void;
  handle(event: ClientEvent): void;
  takeEffects(): readonly ClientEffect[];
}
