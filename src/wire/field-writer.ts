/** Writes the fields of Protocol Buffers messages, for the generated code. */
import { assert } from './assertion.ts';
import { byteOfHex } from './hex.ts';
import { ID_BYTES, type RandomId } from './identifiers.ts';

const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** Bytes of the longest varint of a safe integer, and more than a tag takes. */
const LONGEST_VARINT = 10;
const NO_BYTES: Uint8Array = new Uint8Array(0);
/** A larger buffer was allocated for one message, and is not reused. */
const REUSED_BUFFER_BYTES = 65_536;
const UTF_8 = new TextEncoder();

/** Writes fields one after another. A writer is reused for many messages. */
export class FieldWriter {
  readonly #capacity: number;
  #bytes: Uint8Array;
  /** Start of the current message. The bytes before it were handed out. */
  #start = 0;
  /** End of the current message. */
  #end = 0;

  /** @param capacity bytes of one buffer */
  constructor(capacity = 1_024) {
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes of the current message so far. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** A number field. 0 is the default and takes no bytes. */
  number(field: number, value: number): void {
    if (value !== 0) this.presentNumber(field, value);
  }

  /** A number field that is written even if it is 0. */
  presentNumber(field: number, value: number): void {
    this.#reserve(2 * LONGEST_VARINT);
    this.#varint(8 * field + VARINT);
    this.#wholeNumber(value);
  }

  /** A packed list of numbers. */
  numbers(field: number, values: readonly number[]): void {
    if (values.length > 0) this.nested(field, writeNumbers, values);
  }

  /** A packed list of numbers of either sign, in zigzag form. */
  signedNumbers(field: number, values: readonly number[]): void {
    this.numbers(field, values.map(zigzag));
  }

  /** A bytes field. Empty is the default and takes no bytes. */
  bytes(field: number, value: Uint8Array): void {
    if (value.length > 0) this.element(field, value);
  }

  /** A bytes field that is written even if it is empty, such as an item of a list. */
  element(field: number, value: Uint8Array): void {
    this.#reserve(2 * LONGEST_VARINT + value.length);
    this.#varint(8 * field + LENGTH_DELIMITED);
    this.#varint(value.length);
    this.#bytes.set(value, this.#end);
    this.#end += value.length;
  }

  /** A boolean field. False is the default and takes no bytes. */
  flag(field: number, value: boolean): void {
    if (value) this.presentNumber(field, 1);
  }

  /** A text field. Empty is the default and takes no bytes. */
  text(field: number, value: string): void {
    if (value !== '') this.textElement(field, value);
  }

  /** A text field that is written even if it is empty. */
  textElement(field: number, value: string): void {
    this.element(field, UTF_8.encode(value));
  }

  /** An id as a bytes field. An absent id takes no bytes. */
  id(field: number, value: RandomId | undefined): void {
    if (value === undefined) return;
    this.#reserve(2 * LONGEST_VARINT + ID_BYTES);
    this.#varint(8 * field + LENGTH_DELIMITED);
    this.#varint(ID_BYTES);
    for (let at = 0; at < ID_BYTES; at++) this.#bytes[this.#end++] = byteOfHex(value, at);
  }

  /** A submessage. */
  nested<Value>(field: number, write: (writer: FieldWriter, value: Value) => void, value: Value): void {
    const place = this.#open(field);
    write(this, value);
    this.#close(place);
  }

  /** An item of a packed list: a number without a field of its own. */
  item(value: number): void {
    this.#reserve(LONGEST_VARINT);
    this.#wholeNumber(value);
  }

  /** Leaves room at the start of a message. The caller fills it when the message is complete. */
  room(bytes: number): void {
    this.#reserve(bytes);
    this.#end += bytes;
  }

  /** Drops the current message, whose writing may have failed. */
  clear(): void {
    this.#end = this.#start;
  }

  /** Ends the message. @returns a copy of it */
  take(): Uint8Array {
    const taken = this.#bytes.slice(this.#start, this.#end);
    this.#end = this.#start;
    this.#dropIfLarge();
    return taken;
  }

  /**
   * Ends the message without a copy. For short-lived messages: a view keeps the whole buffer in memory.
   * @returns a view of it, which later messages leave untouched
   */
  handOut(): Uint8Array {
    const written = new Uint8Array(this.#bytes.buffer, this.#start, this.#end - this.#start);
    this.#start = this.#end;
    this.#dropIfLarge();
    return written;
  }

  /** Begins a submessage. @returns its start, counted from the start of the message */
  #open(field: number): number {
    this.#reserve(2 * LONGEST_VARINT);
    this.#varint(8 * field + LENGTH_DELIMITED);
    // One byte holds the length of most submessages.
    this.#end++;
    return this.#end - this.#start;
  }

  /** Ends the submessage that begins at `place`. */
  #close(place: number): void {
    const size = this.#end - this.#start - place;
    const more = varintSize(size) - 1;
    if (more > 0) this.#reserve(more);
    // Not earlier: `#reserve` can move the message.
    const start = this.#start + place;
    if (more > 0) this.#bytes.copyWithin(start + more, start, this.#end);
    this.#end = start - 1;
    this.#varint(size);
    this.#end += size;
  }

  /** A large buffer would stay in memory until it is full. */
  #dropIfLarge(): void {
    if (this.#bytes.length <= Math.max(this.#capacity, REUSED_BUFFER_BYTES)) return;
    this.#bytes = NO_BYTES;
    this.#start = 0;
    this.#end = 0;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const begun = this.#bytes.subarray(this.#start, this.#end);
    this.#bytes = new Uint8Array(Math.max(this.#capacity, 2 * begun.length + more));
    this.#bytes.set(begun);
    this.#start = 0;
    this.#end = begun.length;
  }

  #wholeNumber(value: number): void {
    const fits = Number.isSafeInteger(value) && value >= 0;
    // Bytes of a failed message must not precede the next one. Another radiant of this host may write it.
    if (!fits) this.clear();
    assert(fits, 'only whole numbers from 0 to 2^53 - 1 go on the wire');
    this.#varint(value);
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

function writeNumbers(writer: FieldWriter, values: readonly number[]): void {
  for (const value of values) writer.item(value);
}

/** Even numbers stand for 0 and above, odd ones for those below 0. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
