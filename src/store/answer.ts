import type { Answer } from '../wire/frames/frame.ts';
import type { ApplyResult, ReadResult } from './contract.ts';

/** What a client is told. A refused entry or read did nothing; another sending of it may still stand in the log. */
export function answerTo(result: ReadResult | Exclude<ApplyResult, { kind: 'changed' | 'unchanged' }>): Answer {
  if (result.kind !== 'refused') return result;
  const { code, message } = result;
  return { kind: 'refusal', code, message, herald: undefined, withoutEffect: true };
}
