/**
 * The border where bytes of others become our types. Whatever is wrong with
 * them ends as one of the frame errors, never as an error of a library.
 */
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { type ErrorCode, ShardbearerError } from './errors.ts';
import { idFromBytes, type RandomId } from './identifiers.ts';

export function malformed(what: string, options?: ErrorOptions): ShardbearerError {
  return new ShardbearerError('FRAME_MALFORMED', `cannot be read: ${what}`, options);
}

/**
 * Decodes `bytes` as one message and hands it to `convert`.
 * @param largest bytes that it may have
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`, or what `convert` throws with a frame's code
 */
export function decodeMessage<Description extends DescMessage, Value>(
  schema: Description,
  bytes: Uint8Array,
  largest: number,
  convert: (message: MessageShape<Description>) => Value,
): Value {
  return decodeBytes(schema.name, bytes, largest, () => convert(fromBinary(schema, bytes, WITHOUT_UNKNOWN_FIELDS)));
}

/** What `decode` makes of `bytes`; errors are as those of `decodeMessage`. @param name of what they should be */
export function decodeBytes<Value>(name: string, bytes: Uint8Array, largest: number, decode: () => Value): Value {
  checkSize(name, bytes, largest);
  try {
    return decode();
  } catch (error) {
    throw asFrameError(name, error);
  }
}

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` */
export function checkSize(name: string, bytes: Uint8Array, largest: number): void {
  if (bytes.length <= largest) return;
  throw new ShardbearerError('FRAME_TOO_LARGE', `${name} of ${bytes.length} bytes, the limit is ${largest}`);
}

/** What is thrown where bytes could not be decoded. */
export function asFrameError(name: string, error: unknown): ShardbearerError {
  if (isFrameError(error)) return error;
  return malformed(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/** A submessage or a oneof's case that has to be there. */
export function required<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw malformed(`${what} is missing`);
  return value;
}

/** An id that is absent when its bytes are. */
export function optionalId<Id extends RandomId>(bytes: Uint8Array): Id | undefined {
  return bytes.length === 0 ? undefined : idFromBytes<Id>(bytes);
}

/** Bytes, from `smallest` to `largest` of them. */
export function boundedBytes(bytes: Uint8Array, smallest: number, largest: number, what: string): Uint8Array {
  if (bytes.length < smallest || bytes.length > largest) {
    throw malformed(`${what} of ${bytes.length} bytes, not ${smallest} to ${largest}`);
  }
  return bytes;
}

/** Text of at most `largest` characters. */
export function boundedText(text: string, largest: number, what: string): string {
  if (text.length > largest) throw malformed(`${what} of ${text.length} characters, the limit is ${largest}`);
  return text;
}

/** Converts a list of at most `largest` items. */
export function boundedList<Item, Value>(
  items: readonly Item[],
  largest: number,
  what: string,
  convert: (item: Item) => Value,
): readonly Value[] {
  return bounded(items, largest, what).map(convert);
}

/** A list of at most `largest` items. */
export function bounded<Item>(items: readonly Item[], largest: number, what: string): readonly Item[] {
  if (items.length > largest) throw malformed(`${items.length} ${what}, the limit is ${largest}`);
  return items;
}

/** Refuses a list in which two items share a key. */
export function distinct<Item>(items: readonly Item[], key: (item: Item) => unknown, what: string): readonly Item[] {
  if (new Set(items.map(key)).size !== items.length) throw malformed(`two ${what} are the same`);
  return items;
}

const WITHOUT_UNKNOWN_FIELDS = { readUnknownFields: false } as const;

function isFrameError(error: unknown): error is ShardbearerError {
  return error instanceof ShardbearerError && FRAME_CODES.some((code) => code === error.code);
}

const FRAME_CODES: readonly ErrorCode[] = [
  'FRAME_MALFORMED',
  'FRAME_TOO_LARGE',
  'VERSION_UNSUPPORTED',
  'FRAME_OF_OTHER_CLUSTER',
];
