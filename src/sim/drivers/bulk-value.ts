/** Large values that reveal damage. Each value is a short name and a filling that is derived from the name. */
import { Random } from '../random.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const END_OF_NAME = '.';

/** @param name a short text whose only full stop is its last character */
export function bulkValue(name: string, largestBytes: number): Uint8Array {
  const random = new Random(0, name);
  const bytes = new Uint8Array(name.length + random.integer(largestBytes));
  bytes.fill(random.integer(256));
  bytes.set(encoder.encode(name));
  return bytes;
}

/** The name in the value if the value arrived whole. Otherwise a text that is not a name. */
export function nameOfBulkValue(bytes: Uint8Array, largestBytes: number): string {
  const end = bytes.indexOf(END_OF_NAME.charCodeAt(0));
  const name = decoder.decode(bytes.subarray(0, end + 1));
  const whole = bulkValue(name, largestBytes);
  const isWhole = whole.length === bytes.length && whole.every((byte, at) => byte === bytes[at]);
  return isWhole ? name : `${name} (damaged: ${bytes.length} bytes)`;
}
