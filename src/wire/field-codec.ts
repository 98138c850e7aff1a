/**
 * Reading and writing the bytes of Protocol Buffers directly, for the few messages that are exchanged
 * thousands of times each second: the generated code makes a bigint of every number and an object of
 * every message, and takes several times as long. Tests hold both to the same bytes.
 */
import { assert } from './assertion.ts';
import { asFrameError, checkSize, malformed } from './decoding.ts';
import { byteOfHex } from './hex.ts';
import { ID_BYTES, idAt, type RandomId } from './identifiers.ts';

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
/** Bytes of the longest varint of a safe integer. */
const LONGEST_VARINT = 10;
const NO_BYTES: Uint8Array = new Uint8Array(0);
/** A buffer above that was made for one large message. */
const KEPT_BYTES = 65_536;
const UTF_8 = new TextEncoder();
const READING_UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Writes fields one after another. One is reused for many messages. */
export class FieldWriter {
  readonly #capacity: number;
  #bytes: Uint8Array;
  /** Where the message begins that is being written: what lies before it was handed out. */
  #start = 0;
  /** Where it ends by now. */
  #end = 0;

  /** @param capacity bytes that it makes room for at once */
  constructor(capacity = 1_024) {
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(capacity);
  }

  /** A number field; 0 is the default and takes no bytes. */
  number(field: number, value: number): void {
    if (value === 0) return;
    const fits = Number.isSafeInteger(value) && value > 0;
    // What was begun must not be in front of the next message: its writer may be another radiant of this host.
    if (!fits) this.clear();
    assert(fits, 'only whole numbers from 0 to 2^53 - 1 go on the wire');
    this.#reserve(2 * LONGEST_VARINT);
    this.#varint(8 * field + VARINT);
    this.#varint(value);
  }

  /** A bytes field; empty is the default and takes no bytes. */
  bytes(field: number, value: Uint8Array): void {
    if (value.length > 0) this.element(field, value);
  }

  /** One of several bytes fields with one number: there also when it is empty. */
  element(field: number, value: Uint8Array): void {
    this.#reserve(2 * LONGEST_VARINT + value.length);
    this.#varint(8 * field + LENGTH_DELIMITED);
    this.#varint(value.length);
    this.#bytes.set(value, this.#end);
    this.#end += value.length;
  }

  /** A field that says yes or no; no is the default and takes no bytes. */
  flag(field: number, value: boolean): void {
    if (value) this.number(field, 1);
  }

  /** A text field; empty is the default and takes no bytes. */
  text(field: number, value: string): void {
    this.bytes(field, UTF_8.encode(value));
  }

  /** An id as a bytes field; one that is absent takes no bytes. */
  id(field: number, value: RandomId | undefined): void {
    if (value === undefined) return;
    this.#reserve(2 * LONGEST_VARINT + ID_BYTES);
    this.#varint(8 * field + LENGTH_DELIMITED);
    this.#varint(ID_BYTES);
    for (let at = 0; at < ID_BYTES; at++) this.#bytes[this.#end++] = byteOfHex(value, at);
  }

  /** Begins a submessage: what is written until it is closed lies in it. @returns where it begins in the message */
  #open(field: number): number {
    this.#reserve(2 * LONGEST_VARINT);
    this.#varint(8 * field + LENGTH_DELIMITED);
    // Most are so short that one byte says how long they are.
    this.#end++;
    return this.#end - this.#start;
  }

  /** Ends the submessage that begins there. */
  #close(place: number): void {
    const size = this.#end - this.#start - place;
    const more = varintSize(size) - 1;
    if (more > 0) this.#reserve(more);
    // Only now: making room may have moved the message.
    const start = this.#start + place;
    if (more > 0) this.#bytes.copyWithin(start + more, start, this.#end);
    this.#end = start - 1;
    this.#varint(size);
    this.#end += size;
  }

  /** A submessage whose size is not known before it is written. */
  nested<Value>(field: number, write: (writer: FieldWriter, value: Value) => void, value: Value): void {
    const start = this.#open(field);
    write(this, value);
    this.#close(start);
  }

  /** A submessage that says all by being there. */
  empty(field: number): void {
    this.element(field, NO_BYTES);
  }

  /** Bytes that are fields already. */
  fields(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** A submessage of known size, whose fields follow. */
  message(field: number, size: number): void {
    this.#reserve(2 * LONGEST_VARINT + size);
    this.#varint(8 * field + LENGTH_DELIMITED);
    this.#varint(size);
  }

  /** Leaves room for what is put in front when all is known. */
  room(bytes: number): void {
    this.#reserve(bytes);
    this.#end += bytes;
  }

  /** Forgets what was begun: its writing may have failed. */
  clear(): void {
    this.#end = this.#start;
  }

  /** A copy of what was written since the last call. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(this.#start, this.#end);
    this.#end = this.#start;
    this.#letGoIfLarge();
    return taken;
  }

  /**
   * As `take`, but where it lies, with what is written later behind it: for what does not live long, as it keeps
   * all that lies around it in memory.
   */
  handOut(): Uint8Array {
    const written = new Uint8Array(this.#bytes.buffer, this.#start, this.#end - this.#start);
    this.#start = this.#end;
    this.#letGoIfLarge();
    return written;
  }

  /** What is left of it would keep all of it in memory until it is full. */
  #letGoIfLarge(): void {
    if (this.#bytes.length <= Math.max(this.#capacity, KEPT_BYTES)) return;
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

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#end++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#end++] = rest;
  }
}

/** Bytes of a number field, as `FieldWriter.number` writes it, for fields up to 15. */
export function numberFieldSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

/** Bytes of a bytes field, as `FieldWriter.bytes` writes it, for fields up to 15. */
export function bytesFieldSize(value: Uint8Array): number {
  return value.length === 0 ? 0 : 1 + varintSize(value.length) + value.length;
}

/** Bytes of a submessage whose fields have `size` bytes, with what `FieldWriter.message` writes. */
export function messageFieldSize(field: number, size: number): number {
  return varintSize(8 * field) + varintSize(size) + size;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/**
 * Reads `bytes` field by field.
 * @param name of the message that they should be
 * @param largest bytes that it may have
 * @param start where in `bytes` the first field begins
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`, or what `read` throws with a frame's code
 */
export function decodeFields<Value>(
  name: string,
  bytes: Uint8Array,
  largest: number,
  read: (reader: FieldReader) => Value,
  start = 0,
): Value {
  checkSize(name, bytes, largest);
  try {
    return read(new FieldReader(bytes, start));
  } catch (error) {
    throw asFrameError(name, error);
  }
}

/** Reads fields one after another; all errors are `FRAME_MALFORMED`. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #end: number;
  #wireType = VARINT;

  /** @param start where in `bytes` the first field begins */
  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = bytes.length;
  }

  /** The number of the next field; 0: there is none. */
  next(): number {
    if (this.#at === this.#end) return 0;
    const tag = this.#varint();
    this.#wireType = tag % 8;
    const field = Math.floor(tag / 8);
    if (field === 0) throw malformed('a field with the number 0');
    return field;
  }

  number(): number {
    this.#expect(VARINT);
    return this.#varint();
  }

  flag(): boolean {
    return this.number() !== 0;
  }

  /** Undefined: the field is there, and empty. */
  id<Id extends RandomId>(): Id | undefined {
    const end = this.#endOfLengthDelimited();
    const start = this.#at;
    if (end === start) return undefined;
    if (end - start !== ID_BYTES) throw malformed(`an id of ${end - start} bytes`);
    this.#at = end;
    return idAt<Id>(this.#bytes, start);
  }

  text(): string {
    return READING_UTF_8.decode(this.view());
  }

  /** A copy: what is kept must not hold the whole frame. */
  bytes(): Uint8Array {
    const end = this.#endOfLengthDelimited();
    const value = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return value;
  }

  /** A view: for what is copied or read on before the frame is let go. */
  view(): Uint8Array {
    const end = this.#endOfLengthDelimited();
    const { buffer, byteOffset } = this.#bytes;
    const value = new Uint8Array(buffer, byteOffset + this.#at, end - this.#at);
    this.#at = end;
    return value;
  }

  /** Reads a submessage's fields with this reader. */
  message<Value>(read: (reader: FieldReader) => Value): Value {
    const end = this.#endOfLengthDelimited();
    const outerEnd = this.#end;
    this.#end = end;
    const value = read(this);
    this.#end = outerEnd;
    return value;
  }

  /** Passes over a field that this build does not know. */
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
    this.#expect(LENGTH_DELIMITED);
    const end = this.#varint() + this.#at;
    if (end > this.#end) throw malformed('a field that is longer than what holds it');
    return end;
  }

  #advance(count: number): void {
    if (this.#at + count > this.#end) throw malformed('a field that is longer than what holds it');
    this.#at += count;
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) throw malformed(`a field of wire type ${this.#wireType}, not ${wireType}`);
  }

  #varint(): number {
    const first = this.#bytes[this.#at] ?? 0;
    if (first < 0x80 && this.#at < this.#end) {
      this.#at++;
      return first;
    }
    return this.#longVarint();
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < LONGEST_VARINT; count++) {
      if (this.#at >= this.#end) throw malformed('a number that ends too early');
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte % 0x80) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) throw malformed('a number above 2^53 - 1');
        return value;
      }
      scale *= 0x80;
    }
    throw malformed('a number of more than ten bytes');
  }
}
