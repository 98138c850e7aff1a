/** A call that was made and is not settled yet. */
import type { KeyText } from '../store/key.ts';
import type { ClientId, Slot } from '../wire/identifiers.ts';
import type { Commit, Prepare, Settle } from '../wire/entries/command.ts';
import type { ShardRange } from '../wire/configuration/configuration.ts';
import type {
  CallNumber,
  GovernanceCall,
  KeyCall,
  ListCall,
  RangeCall,
  TransactionCall,
  WatchCall,
} from './contract.ts';
import type { Attempts } from './requests.ts';
import type { CommandId, Session } from './sessions.ts';

/** A call of the application. */
interface PendingOfApplication extends Pending {
  readonly number: CallNumber;
}

interface Pending {
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

export interface PendingKeyCall extends PendingOfApplication {
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
export interface PendingListCall extends PendingOfApplication {
  readonly kind: 'list';
  readonly call: ListCall;
  /** The first slot of the list. The order that serves this slot answers. */
  readonly slot: Slot;
}

/** A question of a watcher. It waits for no other call, and no other call waits for it. */
export interface PendingWatchCall extends PendingOfApplication {
  readonly kind: 'watch';
  readonly call: WatchCall;
  /** The first slot of the question. The order that serves this slot answers. */
  readonly slot: Slot;
}

/** A call about the locked range of a snapshot. It waits for no other call. */
export interface PendingRangeCall extends PendingOfApplication {
  readonly kind: 'range';
  readonly call: RangeCall;
  /** The first slot of the range. The order that serves this slot answers. */
  readonly slot: Slot;
}

export interface PendingTransaction extends PendingOfApplication {
  readonly kind: 'transaction';
  readonly call: TransactionCall;
  /** The slot of one of its keys. */
  readonly slot: Slot;
  /** The keys for which the transaction waits in the sequence of calls. */
  readonly claims: readonly TransactionClaim[];
  /** Number of keys that earlier calls still use. */
  blockedClaims: number;
  /** The step that decides the transaction. Undefined before the transaction is planned. */
  commit: PendingStep | undefined;
}

/** The place of a transaction in the sequence of calls on one key. */
export interface TransactionClaim {
  readonly kind: 'claim';
  readonly key: KeyText;
  readonly isWrite: boolean;
  readonly transaction: PendingTransaction;
}

/** A message of a transaction to the order of one slot. */
export type StepCall =
  | { readonly kind: 'prepare'; readonly build: () => Prepare }
  | { readonly kind: 'commit'; readonly build: () => Commit }
  | { readonly kind: 'settle'; readonly step: Settle['step']; readonly transaction: Settle['transaction'] };

/** A step of a transaction. Each step to another slot is a request of its own. */
export interface PendingStep extends Pending {
  readonly kind: 'step';
  readonly call: StepCall;
  readonly slot: Slot;
  command: CommandId | undefined;
  /** Whether the step only gets its command id and is not sent yet. */
  isHeld: boolean;
  /** Called after the order has answered. */
  readonly onSettled: (() => void) | undefined;
}

interface PendingGovernanceCall extends PendingOfApplication {
  readonly kind: 'governance';
  readonly call: GovernanceCall;
}

export type ApplicationCall =
  | PendingKeyCall
  | PendingListCall
  | PendingRangeCall
  | PendingWatchCall
  | PendingTransaction
  | PendingGovernanceCall;

export type PendingCall = ApplicationCall | PendingStep;

/** The purpose of a request, which is sent for a call or for a session. */
export type Purpose =
  | {
      readonly kind: 'call';
      readonly call: PendingCall;
      readonly client: ClientId;
      /** For a list, the slots that this sending asks for. */
      readonly covered?: readonly ShardRange[];
    }
  | { readonly kind: 'session'; readonly session: Session; readonly client: ClientId };

/** Whether the call is a write that has no command yet. */
export function isUnsentWrite(call: PendingCall): boolean {
  return call.kind === 'key' && call.call.kind === 'write' && call.command === undefined;
}

/** Whether the call changed something or may still do so. */
export function mayHaveEffect(pending: PendingCall): boolean {
  if (pending.kind === 'transaction') return pending.commit?.attempts.mayHaveEffect === true;
  return EFFECTIVE_CALLS.has(pending.call.kind) && pending.attempts.mayHaveEffect;
}

/** Calls that change what an application sees. A lock alone changes nothing. */
const EFFECTIVE_CALLS: ReadonlySet<PendingCall['call']['kind']> = new Set(['write', 'commit', 'administer']);
