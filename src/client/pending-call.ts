/** A call that is not settled. */
import { keyTextOf, type KeyText } from '../store/key-text.ts';
import { slotOfKey } from '../store/slot.ts';
import type { Slot } from '../wire/identifiers.ts';
import { Attempts, type ClientTimes } from './attempts.ts';
import { callBytes } from './call-limits.ts';
import type { Call, CallNumber, GovernanceCall, KeyCall } from './contract.ts';
import type { CommandId } from './sessions.ts';

interface Pending {
  readonly number: CallNumber;
  /** When the application made the call. */
  readonly beganMs: number;
  deadlineMs: number;
  /** Bytes that the call holds until it is settled. */
  readonly bytes: number;
  isSettled: boolean;
  attempts: Attempts;
}

export interface PendingKeyCall extends Pending {
  readonly kind: 'key';
  readonly call: KeyCall;
  readonly key: KeyText;
  readonly slot: Slot;
  /** A write gets it with its first sending and keeps it wherever its shard moves. */
  command: CommandId | undefined;
}

interface PendingGovernanceCall extends Pending {
  readonly kind: 'governance';
  readonly call: GovernanceCall;
}

export type PendingCall = PendingKeyCall | PendingGovernanceCall;

export function pendingCall(number: CallNumber, call: Call, beganMs: number, times: ClientTimes): PendingCall {
  const deadlineMs = beganMs + times.requestDeadlineMs;
  const attempts = new Attempts(times);
  const pending = { number, beganMs, deadlineMs, bytes: callBytes(call), isSettled: false, attempts };
  if (call.kind === 'administer' || call.kind === 'query') return { ...pending, kind: 'governance', call };
  const key = call.kind === 'get' ? call.key : call.operation.key;
  return { ...pending, kind: 'key', call, key: keyTextOf(key), slot: slotOfKey(key), command: undefined };
}

/** A call that waited has time for its answer. Sendings in other sessions do not extend it without end. */
export function extendDeadline(call: PendingKeyCall, sentMs: number, times: ClientTimes): void {
  const latestMs = call.beganMs + times.requestDeadlineMs;
  call.deadlineMs = Math.max(call.deadlineMs, Math.min(sentMs, latestMs) + times.answerPatienceMs);
}

/** Whether the call changed something or may still do so. */
export function mayHaveEffect({ call, attempts }: PendingCall): boolean {
  return (call.kind === 'write' || call.kind === 'administer') && attempts.mayHaveEffect;
}
