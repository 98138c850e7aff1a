/** Writes the fields of Protocol Buffers messages, for the generated code. */
import { assert } from './assertion.ts';
import { ID_BYTES, putHex, type RandomId } from './identifiers.ts';

const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** Most bytes of a varint in Protocol Buffers. Safe integers and tags take fewer. */
const LONGEST_VARINT = 10;
const NO_BYTES: Uint8Array = new Uint8Array(0);
/** Bytes above which a buffer is not used again. Such a buffer was allocated for one large message. */
const REUSED_BUFFER_BYTES = 65_536;
const WHOLE_NUMBERS = 'only whole numbers from 0 to 2^53 - 1 go on the wire';
const UTF_8 = new TextEncoder();

/**
 * Writes fields one after another. A writer is reused for many messages. The writer does not leave out zero, false and
 * empty values, because the generated code does that.
 */
export class FieldWriter {
  readonly #isShared: boolean;
  readonly #capacity: number;
  #bytes: Uint8Array;
  /** Start of the current message in the buffer. The bytes before it belong to earlier messages. */
  #start = 0;
  /** End of the current message in the buffer. */
  #end = 0;

  /**
   * @param sharedBytes size of the buffers that several messages share. `take` then returns views, and each view keeps
   * its whole buffer in memory. Default: `take` returns copies.
   */
  constructor(sharedBytes?: number) {
    this.#isShared = sharedBytes !== undefined;
    this.#capacity = sharedBytes ?? 1_024;
    this.#bytes = new Uint8Array(this.#capacity);
  }

  get size(): number {
    return this.#end - this.#start;
  }

  /**
   * Begins a message. Drops an unfinished message, which an exception may have left.
   * @param free number of bytes to leave free at the start of the message; the caller fills them after `take`
   */
  begin(free = 0): void {
    this.#end = this.#start;
    this.#reserve(free);
    this.#end += free;
  }

  /**
   * Ends the message.
   * @returns the message; the writer does not change its bytes afterwards
   */
  take(): Uint8Array {
    let message;
    if (this.#isShared) {
      message = new Uint8Array(this.#bytes.buffer, this.#start, this.#end - this.#start);
      this.#start = this.#end;
    } else {
      message = this.#bytes.slice(0, this.#end);
      this.#end = 0;
    }
    // Drops a large buffer, which would otherwise stay in memory.
    if (this.#bytes.length > Math.max(this.#capacity, REUSED_BUFFER_BYTES)) {
      this.#bytes = NO_BYTES;
      this.#start = 0;
      this.#end = 0;
    }
    return message;
  }

  number(field: number, value: number): void {
    this.#reserve(2 * LONGEST_VARINT);
    this.#varint(8 * field + VARINT);
    assert(Number.isSafeInteger(value) && value >= 0, WHOLE_NUMBERS);
    this.#varint(value);
  }

  /** Writes a packed list of numbers. */
  numbers(field: number, values: readonly number[]): void {
    this.nested(field, writeItems, values);
  }

  /** Writes a packed list of numbers of either sign, in zigzag form. */
  signedNumbers(field: number, values: readonly number[]): void {
    this.nested(field, writeItems, values.map(zigzag));
  }

  bytes(field: number, value: Uint8Array): void {
    this.#reserve(2 * LONGEST_VARINT + value.length);
    this.#varint(8 * field + LENGTH_DELIMITED);
    this.#varint(value.length);
    this.#bytes.set(value, this.#end);
    this.#end += value.length;
  }

  text(field: number, value: string): void {
    this.bytes(field, UTF_8.encode(value));
  }

  /** Writes an id as a bytes field. */
  id(field: number, value: RandomId): void {
    this.#reserve(2 * LONGEST_VARINT + ID_BYTES);
    this.#varint(8 * field + LENGTH_DELIMITED);
    this.#varint(ID_BYTES);
    putHex(value, this.#bytes, this.#end);
    this.#end += ID_BYTES;
  }

  nested<Value>(field: number, write: (writer: FieldWriter, value: Value) => void, value: Value): void {
    this.#reserve(2 * LONGEST_VARINT);
    this.#varint(8 * field + LENGTH_DELIMITED);
    // Reserves one byte for the length, which suffices for most submessages. `#reserve` can move the message, so the
    // offset is relative to the start of the message.
    const offset = ++this.#end - this.#start;
    write(this, value);
    const size = this.#end - this.#start - offset;
    let moreBytes = 0;
    for (let rest = size; rest >= 0x80; rest = Math.floor(rest / 0x80)) moreBytes++;
    this.#reserve(moreBytes);
    const start = this.#start + offset;
    if (moreBytes > 0) this.#bytes.copyWithin(start + moreBytes, start, this.#end);
    this.#end = start - 1;
    this.#varint(size);
    this.#end += size;
  }

  /** Writes an item of a packed list, which is a number without a field number. */
  item(value: number): void {
    this.#reserve(LONGEST_VARINT);
    assert(Number.isSafeInteger(value) && value >= 0, WHOLE_NUMBERS);
    this.#varint(value);
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const begun = this.#bytes.subarray(this.#start, this.#end);
    this.#bytes = new Uint8Array(Math.max(this.#capacity, 2 * begun.length + more));
    this.#bytes.set(begun);
    this.#start = 0;
    this.#end = begun.length;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#end++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#end++] = rest;
  }
}

const messageWriter = new FieldWriter();

/** Encodes a whole message with the generated code. */
export function encodeMessage<Message>(
  write: (writer: FieldWriter, message: Message) => void,
  message: Message,
): Uint8Array {
  messageWriter.begin();
  write(messageWriter, message);
  return messageWriter.take();
}

function writeItems(writer: FieldWriter, values: readonly number[]): void {
  for (const value of values) writer.item(value);
}

/** Maps a number to its zigzag form. Even numbers stand for 0 and above, and odd ones stand for negative numbers. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
