/** A call that was made and is not settled yet. */
import type { KeyText } from '../store/key.ts';
import type { ClientId, Slot } from '../wire/identifiers.ts';
import type { CallNumber, GovernanceCall, KeyCall, ListCall, SlotRange } from './contract.ts';
import type { Attempts } from './requests.ts';
import type { CommandId, Session } from './sessions.ts';

interface Pending {
  readonly number: CallNumber;
  /** Time at which the application made the call. */
  readonly beganMs: number;
  deadlineMs: number;
  /** Whether the application set the time-out of this call. The client then never extends the deadline. */
  readonly hasOwnTimeout: boolean;
  /** Bytes that count for the call in `waitingCallBytes` and in the send window. */
  readonly bytes: number;
  /**
   * State of the call. A `waiting` call may not be sent yet. An `active` call may be sent, and may have been sent
   * before.
   */
  state: 'waiting' | 'active' | 'settled';
  attempts: Attempts;
}

export interface PendingKeyCall extends Pending {
  readonly kind: 'key';
  readonly call: KeyCall;
  readonly key: KeyText;
  readonly slot: Slot;
  /**
   * The command of a write. It is set before the first sending and stays the same when the shard moves. It changes only
   * if an order does not know the session.
   */
  command: CommandId | undefined;
}

/** A list waits for no other call, and no other call waits for it. */
export interface PendingListCall extends Pending {
  readonly kind: 'list';
  readonly call: ListCall;
  /** The first slot of the list. The order that serves this slot answers. */
  readonly slot: Slot;
}

interface PendingGovernanceCall extends Pending {
  readonly kind: 'governance';
  readonly call: GovernanceCall;
}

export type PendingCall = PendingKeyCall | PendingListCall | PendingGovernanceCall;

/** The purpose of a request, which is sent for a call or for a session. */
export type Purpose =
  | {
      readonly kind: 'call';
      readonly call: PendingCall;
      readonly client: ClientId;
      /** For a list, the slots that this sending asks for. */
      readonly covered?: readonly SlotRange[];
    }
  | { readonly kind: 'session'; readonly session: Session; readonly client: ClientId };

/** Whether the call is a write that has no command yet. */
export function isUnsentWrite(call: PendingCall): boolean {
  return call.kind === 'key' && call.call.kind === 'write' && call.command === undefined;
}

/** Whether the call changed something or may still do so. */
export function mayHaveEffect({ call, attempts }: PendingCall): boolean {
  return (call.kind === 'write' || call.kind === 'administer') && attempts.mayHaveEffect;
}
