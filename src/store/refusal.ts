import type { Answer } from '../wire/frames/frame.ts';
import type { StateRefusal, StateRefusalCode } from './contract.ts';

export function refusal(code: StateRefusalCode, message: string): StateRefusal {
  return { kind: 'refused', code, message };
}

/**
 * Converts a refusal to the answer for the client. The refused request had no effect, but the log may hold a repetition
 * of the same request that takes effect.
 */
export function refusalAnswer({ code, message }: StateRefusal): Answer {
  return { kind: 'refusal', code, message, herald: undefined, withoutEffect: true };
}
