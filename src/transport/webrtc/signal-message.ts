/**
 * The messages by which two radiants make a connection, before sealing. Only holders of the secret can seal them. The
 * receiver validates them nevertheless.
 */
import type { BootId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';

/** Id of one attempt to connect, created by the offering end. 32 hexadecimal digits. */
export type AttemptId = string;

export type SignalMessage =
  /** One signal of simple-peer. The signal with number 0 of the offering end is the offer. */
  | {
      readonly kind: 'signal';
      readonly attempt: AttemptId;
      /** Boot of the sender. A `declined` to one boot does not apply to the next. */
      readonly boot: BootId;
      readonly number: number;
      readonly signal: string;
    }
  /** Rejects the offer. The offering end does not repeat it for now. */
  | { readonly kind: 'declined'; readonly attempt: AttemptId };

/** Most signals of one end in one attempt. They are the offer or answer, and candidates. */
const SIGNALS_EACH_ATTEMPT = 256;
const ID_PATTERN = /^[0-9a-f]{32}$/;

const isId = (text: string): text is BootId => ID_PATTERN.test(text);

export function encodeSignalMessage(message: SignalMessage): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** Returns undefined for malformed bytes. */
export function decodeSignalMessage(bytes: Uint8Array): SignalMessage | undefined {
  if (bytes.length > LIMITS.links.sealedBytes) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const kind: unknown = Reflect.get(parsed, 'kind');
  const attempt: unknown = Reflect.get(parsed, 'attempt');
  if (typeof attempt !== 'string' || !ID_PATTERN.test(attempt)) return undefined;
  if (kind === 'declined') return { kind, attempt };
  const boot: unknown = Reflect.get(parsed, 'boot');
  const number: unknown = Reflect.get(parsed, 'number');
  const signal: unknown = Reflect.get(parsed, 'signal');
  if (kind !== 'signal' || typeof signal !== 'string' || typeof number !== 'number') return undefined;
  if (!Number.isInteger(number) || number < 0 || number >= SIGNALS_EACH_ATTEMPT) return undefined;
  if (typeof boot !== 'string' || !isId(boot)) return undefined;
  return { kind, attempt, boot, number, signal };
}
