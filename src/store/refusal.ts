import type { Answer } from '../wire/frames/frame.ts';
import type { StateRefusal, StateRefusalCode } from './contract.ts';

export function refusal(code: StateRefusalCode, message: string): StateRefusal {
  return { kind: 'refused', code, message };
}

/**
 * Converts a result to the answer for the client. A refused entry or read had no effect, but the log may hold another
 * sending of the same request.
 */
export function refusalAnswer({ code, message }: StateRefusal): Answer {
  return { kind: 'refusal', code, message, herald: undefined, withoutEffect: true };
}
