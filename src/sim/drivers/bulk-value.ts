/** Large values that show whether they arrived whole: a short name, and filling that is derived from it. */
import { Random } from '../random.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const END_OF_NAME = '.';

/** @param name short; ends with the only full stop in it */
export function bulkValue(name: string, largestBytes: number): Uint8Array {
  const random = new Random(0, name);
  const bytes = new Uint8Array(name.length + random.integer(largestBytes));
  bytes.fill(random.integer(256));
  bytes.set(encoder.encode(name));
  return bytes;
}

/** The name of a value that arrived whole. Otherwise a text that is no name. */
export function nameOfBulkValue(bytes: Uint8Array, largestBytes: number): string {
  const end = bytes.indexOf(END_OF_NAME.charCodeAt(0));
  const name = decoder.decode(bytes.subarray(0, end + 1));
  const whole = bulkValue(name, largestBytes);
  const isWhole = whole.length === bytes.length && whole.every((byte, at) => byte === bytes[at]);
  return isWhole ? name : `${name} (damaged: ${bytes.length} bytes)`;
}
