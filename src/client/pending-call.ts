/** The common fields of all calls that are not settled. */
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
  /** Whether the application set the time-out. The deadline then stays as it is. */
  readonly hasOwnTimeout: boolean;
  /** Bytes that the call holds until it is settled. */
  readonly bytes: number;
  /** State of the call. A `waiting` call may not be sent yet. An `active` call may be sent and may have been sent. */
  state: 'waiting' | 'active' | 'settled';
  attempts: Attempts;
}

export interface PendingKeyCall extends Pending {
  readonly kind: 'key';
  readonly call: KeyCall;
  readonly key: KeyText;
  readonly slot: Slot;
  /** The command of a write. It is set with the first sending and stays the same when the shard moves. */
  command: CommandId | undefined;
}

/** A list waits for no other call, and no other call waits for it. */
export interface PendingListCall extends Pending {
  readonly kind: 'list';
  readonly call: ListCall;
  /** The first slot of the call. The order of this slot answers. */
  readonly slot: Slot;
}

interface PendingGovernanceCall extends Pending {
  readonly kind: 'governance';
  readonly call: GovernanceCall;
}

export type PendingCall = PendingKeyCall | PendingListCall | PendingGovernanceCall;

/** The call or the session that a request is sent for. */
export type Purpose =
  | {
      readonly kind: 'call';
      readonly call: PendingCall;
      readonly client: ClientId;
      /** The slots of a list that this sending asks for. */
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
