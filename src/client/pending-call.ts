/** Calls that have not been settled. */
import { slotOfKey } from '../store/slot.ts';
import type { SequenceNumber, Slot } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';
import { Attempts } from './attempts.ts';
import { callBytes } from './call-cost.ts';
import type { Call, CallNumber, GovernanceCall, KeyCall } from './contract.ts';
import type { Session } from './session.ts';

/** A command's place among all of its session. */
export interface Place {
  readonly session: Session;
  readonly sequence: SequenceNumber;
}

interface Pending {
  readonly number: CallNumber;
  /** When the application made it. */
  readonly beganMs: number;
  deadlineMs: number;
  /** Held until it is settled. */
  readonly bytes: number;
  isSettled: boolean;
  attempts: Attempts;
}

export interface PendingKeyCall extends Pending {
  readonly kind: 'key';
  readonly call: KeyCall;
  /** The key as text: calls on one key are kept in order. */
  readonly keyName: string;
  readonly slot: Slot;
  /** Given to a write when it is sent first, and kept wherever its shard moves: it is one command for ever. */
  place: Place | undefined;
}

export interface PendingGovernanceCall extends Pending {
  readonly kind: 'governance';
  readonly call: GovernanceCall;
}

export type PendingCall = PendingKeyCall | PendingGovernanceCall;

export function pendingCall(number: CallNumber, call: Call, beganMs: number): PendingCall {
  const deadlineMs = beganMs + INTERVALS.requestDeadlineMs;
  const pending = { number, beganMs, deadlineMs, bytes: callBytes(call), isSettled: false, attempts: new Attempts() };
  if (call.kind === 'administer' || call.kind === 'query') return { ...pending, kind: 'governance', call };
  const key = call.kind === 'get' ? call.key : call.operation.key;
  return { ...pending, kind: 'key', call, keyName: nameOfKey(key), slot: slotOfKey(key), place: undefined };
}

/** Of a call that is sent for the first time, or for the first time in another session. It does not move without end. */
export function deadlineOf({ beganMs, deadlineMs }: PendingKeyCall, sentMs: number): number {
  const latestMs = beganMs + INTERVALS.requestDeadlineMs;
  return Math.max(deadlineMs, Math.min(sentMs, latestMs) + INTERVALS.answerPatienceMs);
}

/** Whether the call may have changed something, or may yet do so. */
export function mayHaveEffect({ call, attempts }: PendingCall): boolean {
  return (call.kind === 'write' || call.kind === 'administer') && attempts.mayHaveEffect;
}

function nameOfKey(key: Uint8Array): string {
  let name = '';
  for (const byte of key) name += String.fromCharCode(byte);
  return name;
}
