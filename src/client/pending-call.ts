import type { SequenceNumber, Slot } from '../wire/identifiers.ts';
import { Attempts } from './attempts.ts';
import type { Call, CallNumber } from './contract.ts';
import type { Session } from './session.ts';

/** A command's place among all of its session. */
export interface Place {
  readonly session: Session;
  readonly sequence: SequenceNumber;
}

/** One call that has not been settled. */
export interface PendingCall {
  readonly number: CallNumber;
  readonly call: Call;
  /** The key as text: calls on one key are kept in order. */
  readonly keyName: string;
  readonly slot: Slot;
  readonly deadlineMs: number;
  attempts: Attempts;
  /** Given to a write when it is sent first. */
  place: Place | undefined;
}

export function pendingCall(number: CallNumber, call: Call, slot: Slot, deadlineMs: number): PendingCall {
  const keyName = nameOfKey(keyOf(call));
  return { number, call, keyName, slot, deadlineMs, attempts: new Attempts(), place: undefined };
}

export function keyOf(call: Call): Uint8Array {
  return call.kind === 'get' ? call.key : call.operation.key;
}

/** Whether the call may have changed something, or may yet do so. */
export function mayHaveEffect({ call, attempts }: PendingCall): boolean {
  return call.kind === 'write' && attempts.mayHaveEffect;
}

function nameOfKey(key: Uint8Array): string {
  let name = '';
  for (const byte of key) name += String.fromCharCode(byte);
  return name;
}
