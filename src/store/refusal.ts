import type { Answer } from '../wire/frames/frame.ts';
import type { StateRefusal, StateRefusalCode } from './contract.ts';

export function refusal(code: StateRefusalCode, message: string): StateRefusal {
  return { kind: 'refused', code, message };
}

/** The answer to a client. A refused entry or read had no effect, but the log may hold another sending of it. */
export function refusalAnswer({ code, message }: StateRefusal): Answer {
  return { kind: 'refusal', code, message, herald: undefined, withoutEffect: true };
}
