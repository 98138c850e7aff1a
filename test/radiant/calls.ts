/** Calls that a test's application makes, and a short text for each outcome. */
import type { Call, CallOutcome } from '../../src/client/contract.ts';

const encoder = new TextEncoder();
export const bytes = (text: string): Uint8Array => encoder.encode(text);
export const put = (key: string, value: string): Call => ({
  kind: 'write',
  operation: { kind: 'put', key: bytes(key), value: bytes(value) },
});
export const append = (key: string, value: string): Call => ({
  kind: 'write',
  operation: { kind: 'append', key: bytes(key), value: bytes(value) },
});
export const remove = (key: string): Call => ({ kind: 'write', operation: { kind: 'delete', key: bytes(key) } });
export const get = (key: string): Call => ({ kind: 'get', key: bytes(key) });

/** A short text for an outcome: the text of a value, the code of an error, or else the kind of the outcome. */
export function gist(outcome: CallOutcome): string {
  if (outcome.kind === 'value') return `"${new TextDecoder().decode(outcome.value)}"`;
  return outcome.kind === 'failed' ? outcome.error.code : outcome.kind;
}
