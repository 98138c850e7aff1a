/**
 * The messages by which two radiants make a connection, before they are sealed. Only holders of the cluster's secret
 * can seal messages. The receiver validates the messages nevertheless.
 */
import type { BootId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';

/** Id of one attempt to connect, created by the offering end. 32 hexadecimal digits. */
export type AttemptId = string;

export type SignalMessage =
  /** One signal of simple-peer. Signal 0 of the offering end is the offer. */
  | {
      readonly kind: 'signal';
      readonly attempt: AttemptId;
      /**
       * Boot of the sender. A receiver that declined an earlier boot of the sender considers the offers of a new boot.
       */
      readonly boot: BootId;
      readonly number: number;
      readonly signal: string;
    }
  /** Rejects the offer of an attempt. The offering end makes no further offer until it is asked for a link again. */
  | { readonly kind: 'declined'; readonly attempt: AttemptId };

/** Most signals of one end in one attempt, which are an offer or an answer, and candidates. */
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
