import type { Answer } from '../wire/frames/frame.ts';
import type { ApplyResult, ReadResult } from './contract.ts';

/** The answer to a client. A refused entry or read had no effect, but the log may hold another sending of it. */
export function answerTo(result: ReadResult | Exclude<ApplyResult, { kind: 'changed' | 'unchanged' }>): Answer {
  if (result.kind !== 'refused') return result;
  const { code, message } = result;
  return { kind: 'refusal', code, message, herald: undefined, withoutEffect: true };
}
