/** Checks of bytes and messages that come from outside. A failed check throws a `ShardbearerError`. */
import { ShardbearerError } from './errors.ts';

export function malformed(what: string, options?: ErrorOptions): ShardbearerError {
  return new ShardbearerError('FRAME_MALFORMED', `Malformed data: ${what}.`, options);
}

/**
 * Rejects a message without a mandatory part: `message.part ?? missing('Message.part')`.
 * @throws {ShardbearerError} `FRAME_MALFORMED`
 */
export function missing(what: string): never {
  throw malformed(`${what} is missing`);
}

/** Returns the error for a schema version above `newest`. */
export function unsupportedVersion(version: number, newest: number, what: string): ShardbearerError {
  return new ShardbearerError(
    'VERSION_UNSUPPORTED',
    `${what} is ${version}; this build reads versions up to ${newest}. Reload the page to get a newer build.`,
  );
}

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

/** Rejects a list in which two items have the same key. */
export function distinct<Item>(items: readonly Item[], key: (item: Item) => unknown, what: string): readonly Item[] {
  if (new Set(items.map(key)).size !== items.length) throw malformed(`two ${what} are the same`);
  return items;
}

/**
 * Whether the value is a `Uint8Array`. Also recognizes an array from another frame of the page, for which `instanceof`
 * is false.
 */
export function isUint8Array(value: unknown): value is Uint8Array {
  // This getter reads an internal slot of the array, which another object cannot imitate.
  return ArrayBuffer.isView(value) && Reflect.get(TYPED_ARRAY, Symbol.toStringTag, value) === 'Uint8Array';
}

const TYPED_ARRAY = Reflect.getPrototypeOf(Uint8Array.prototype) ?? {};
