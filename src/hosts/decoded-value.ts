import type { CurrentValue } from '../wire/frames/frame.ts';
import type { Entry } from './key-value-contract.ts';
import type { ValueEncoding } from './values.ts';
import { formatVersionstamp } from './versionstamps.ts';

/**
 * Decodes a value of an answer. The answer carries the remaining time of the key, because clocks of devices differ.
 * @param receivedMs local time at which the answer came, in milliseconds since 1970
 * @throws {ShardbearerError} `INVALID_ARGUMENT` if the value is not of the encoding
 */
export function decodedValue(
  { value, versionstamp, expiresInMs }: CurrentValue,
  encoding: Pick<ValueEncoding, 'decode'>,
  receivedMs = Date.now(),
): Omit<Entry, 'key'> {
  const decoded = { value: encoding.decode(value), versionstamp: formatVersionstamp(versionstamp) };
  return expiresInMs === undefined ? decoded : { ...decoded, expiresAt: new Date(receivedMs + expiresInMs) };
}
