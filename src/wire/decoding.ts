/** Checks of bytes and messages from outside. Every failure is a frame error. */
import { type ErrorCode, ShardbearerError } from './errors.ts';

export function malformed(what: string, options?: ErrorOptions): ShardbearerError {
  return new ShardbearerError('FRAME_MALFORMED', `Malformed data: ${what}.`, options);
}

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` */
export function checkSize(name: string, bytes: Uint8Array, largest: number): void {
  if (bytes.length <= largest) return;
  throw new ShardbearerError('FRAME_TOO_LARGE', `${name} has ${bytes.length} bytes; the limit is ${largest}.`);
}

/** The error to throw for bytes whose decoding failed with `error`. */
export function asFrameError(name: string, error: unknown): ShardbearerError {
  if (isFrameError(error)) return error;
  return malformed(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/** Rejects a message without a mandatory part. */
export function required<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw malformed(`${what} is missing`);
  return value;
}

/** @throws {ShardbearerError} `VERSION_UNSUPPORTED` above `newest` */
export function supportedVersion(version: number, newest: number, what: string): number {
  if (version <= newest) return version;
  throw new ShardbearerError(
    'VERSION_UNSUPPORTED',
    `${what} is ${version}; this build reads versions up to ${newest}. Reload the page to get a newer build.`,
  );
}

/** Rejects bytes outside of the bounds. */
export function boundedBytes(bytes: Uint8Array, smallest: number, largest: number, what: string): Uint8Array {
  if (bytes.length < smallest || bytes.length > largest) {
    throw malformed(`${what} of ${bytes.length} bytes, not ${smallest} to ${largest}`);
  }
  return bytes;
}

/** Rejects text of more than `largest` characters. */
export function boundedText(text: string, largest: number, what: string): string {
  if (text.length > largest) throw malformed(`${what} of ${text.length} characters, the limit is ${largest}`);
  return text;
}

/** Rejects a list of more than `largest` items. */
export function bounded<Item>(items: readonly Item[], largest: number, what: string): readonly Item[] {
  if (items.length > largest) throw malformed(`${items.length} ${what}, the limit is ${largest}`);
  return items;
}

/** Rejects a list in which two items share a key. */
export function distinct<Item>(items: readonly Item[], key: (item: Item) => unknown, what: string): readonly Item[] {
  if (new Set(items.map(key)).size !== items.length) throw malformed(`two ${what} are the same`);
  return items;
}

function isFrameError(error: unknown): error is ShardbearerError {
  return error instanceof ShardbearerError && FRAME_CODES.some((code) => code === error.code);
}

const FRAME_CODES: readonly ErrorCode[] = [
  'FRAME_MALFORMED',
  'FRAME_TOO_LARGE',
  'VERSION_UNSUPPORTED',
  'FRAME_OF_OTHER_CLUSTER',
];
