/** The conditions of writes, and the errors of those that were not met. */
import type { Condition } from '../wire/entries/command.ts';
import type { CurrentValue } from '../wire/frames/frame.ts';
import { readArgument } from './arguments.ts';
import { ConflictError } from './conflict-error.ts';
import { decodedValue } from './decoded-value.ts';
import type { Key, Versionstamp as VersionstampText } from './key-value-contract.ts';
import { formatVersionstamp, parseVersionstamp } from './versionstamps.ts';

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function conditionOf(options: {
  readonly ifVersion?: VersionstampText | null | undefined;
}): Condition | undefined {
  const ifVersion: unknown = readArgument('ifVersion', () => options?.ifVersion);
  if (ifVersion === undefined) return undefined;
  return { versionstamp: ifVersion === null ? undefined : parseVersionstamp(ifVersion) };
}

/** @param current the entry that the key has instead; undefined if the key is missing */
export function conflictError(
  key: Key,
  current: CurrentValue | undefined,
  decode: (value: Uint8Array) => unknown,
): ConflictError {
  const versionstamp = current && formatVersionstamp(current.versionstamp);
  const receivedMs = Date.now();
  return new ConflictError(versionstamp, () => current && { key, ...decodedValue(current, { decode }, receivedMs) });
}
