/** Reads the fields of Protocol Buffers messages, for the generated code. */
import { malformed } from './decoding.ts';
import { type ErrorCode, ShardbearerError } from './errors.ts';
import { ID_BYTES, idAt, type RandomId } from './identifiers.ts';

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
/** Most bytes of a varint in Protocol Buffers. */
const LONGEST_VARINT = 10;
/** Keeps a byte order mark, which a decoder removes by default. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads fields one after another. Malformed fields throw `FRAME_MALFORMED`. Text that is not UTF-8 throws a
 * `TypeError`, which `decodeMessage` converts.
 */
export class FieldReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #end: number;
  #wireType: number;

  /** @param start index in `bytes` at which the first field begins */
  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = bytes.length;
    this.#wireType = VARINT;
  }

  /**
   * Moves to the next field.
   * @returns the number of the field; 0 at the end of the message
   */
  next(): number {
    if (this.#at === this.#end) return 0;
    const tag = this.#varint();
    this.#wireType = tag % 8;
    const field = Math.floor(tag / 8);
    if (field === 0) throw malformed('a field with the number 0');
    return field;
  }

  number(): number {
    if (this.#wireType !== VARINT) throw this.#unexpectedType();
    return this.#varint();
  }

  /**
   * Appends the numbers of the current field to `list`. The field is a packed list, or one item of an unpacked list.
   */
  numbers(list: number[]): void {
    if (this.#wireType === VARINT) {
      list.push(this.#varint());
      return;
    }
    const end = this.#endOfLengthDelimited();
    while (this.#at < end) list.push(this.#varint());
    if (this.#at > end) throw malformed('a list that ends inside a number');
  }

  /** Appends the signed numbers of the current field to `list`. On the wire they have the zigzag form. */
  signedNumbers(list: number[]): void {
    const start = list.length;
    this.numbers(list);
    for (let at = start; at < list.length; at++) {
      const value = list[at] ?? 0;
      list[at] = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  /**
   * Reads an id.
   * @returns undefined for an empty field
   */
  id<Id extends RandomId>(): Id | undefined {
    const end = this.#endOfLengthDelimited();
    const start = this.#at;
    if (end === start) return undefined;
    if (end - start !== ID_BYTES) throw malformed(`an id of ${end - start} bytes`);
    this.#at = end;
    return idAt<Id>(this.#bytes, start);
  }

  text(): string {
    return UTF_8.decode(this.view());
  }

  /** Reads bytes as a copy. A view of the bytes would keep the whole frame in memory. */
  bytes(): Uint8Array {
    const end = this.#endOfLengthDelimited();
    const value = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return value;
  }

  /** Reads bytes without a copy, as a view of this reader's input. */
  view(): Uint8Array {
    const end = this.#endOfLengthDelimited();
    const { buffer, byteOffset } = this.#bytes;
    const value = new Uint8Array(buffer, byteOffset + this.#at, end - this.#at);
    this.#at = end;
    return value;
  }

  /** Reads the current field as a submessage. `read` gets this reader, which ends at the end of the submessage. */
  message<Value>(read: (reader: FieldReader) => Value): Value {
    const end = this.#endOfLengthDelimited();
    const outerEnd = this.#end;
    this.#end = end;
    const value = read(this);
    this.#end = outerEnd;
    return value;
  }

  /** Skips a field that this build does not know. */
  skip(): void {
    switch (this.#wireType) {
      case VARINT:
        this.#varint();
        return;
      case FIXED_64:
        this.#advance(8);
        return;
      case FIXED_32:
        this.#advance(4);
        return;
      case LENGTH_DELIMITED:
        this.#at = this.#endOfLengthDelimited();
        return;
      default:
        throw malformed(`a field of wire type ${this.#wireType}`);
    }
  }

  #endOfLengthDelimited(): number {
    if (this.#wireType !== LENGTH_DELIMITED) throw this.#unexpectedType();
    const end = this.#varint() + this.#at;
    if (end > this.#end) throw malformed('a field that exceeds its message');
    return end;
  }

  #advance(count: number): void {
    if (this.#at + count > this.#end) throw malformed('a field that exceeds its message');
    this.#at += count;
  }

  #unexpectedType(): ShardbearerError {
    return malformed(`a field of an unexpected wire type, ${this.#wireType}`);
  }

  #varint(): number {
    if (this.#at >= this.#end) throw malformed('a truncated number');
    let byte = this.#bytes[this.#at++] ?? 0;
    if (byte < 0x80) return byte;
    let value = byte - 0x80;
    let scale = 0x80;
    for (let count = 1; count < LONGEST_VARINT; count++) {
      if (this.#at >= this.#end) throw malformed('a truncated number');
      byte = this.#bytes[this.#at++] ?? 0;
      value += (byte % 0x80) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw malformed('a number above 2^53 - 1');
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw malformed('a number of more than ten bytes');
  }
}

/**
 * Reads a whole message with the generated code. Byte fields of the result are views of `bytes`, except for fields that
 * the schema marks as copied.
 * @param name name of the message, for errors
 * @param largest allowed number of bytes
 * @param start index in `bytes` at which the message begins
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`, `VERSION_UNSUPPORTED`
 */
export function decodeMessage<Message>(
  name: string,
  bytes: Uint8Array,
  largest: number,
  read: (reader: FieldReader) => Message,
  start = 0,
): Message {
  if (bytes.length > largest) {
    throw new ShardbearerError('FRAME_TOO_LARGE', `${name} has ${bytes.length} bytes; the limit is ${largest}.`);
  }
  try {
    return read(new FieldReader(bytes, start));
  } catch (error) {
    if (isFrameError(error)) throw error;
    throw malformed(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function isFrameError(error: unknown): error is ShardbearerError {
  return error instanceof ShardbearerError && FRAME_CODES.has(error.code);
}

const FRAME_CODES: ReadonlySet<ErrorCode> = new Set([
  'FRAME_MALFORMED',
  'FRAME_TOO_LARGE',
  'VERSION_UNSUPPORTED',
  'FRAME_OF_OTHER_CLUSTER',
]);
