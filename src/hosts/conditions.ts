/** The conditions of writes, and the errors of those that were not met. */
import type { Condition, Versionstamp } from '../wire/entries/command.ts';
import { readArgument } from './arguments.ts';
import { ConflictError } from './conflict-error.ts';
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
  current: { readonly value: Uint8Array; readonly versionstamp: Versionstamp } | undefined,
  decode: (value: Uint8Array) => unknown,
): ConflictError {
  const versionstamp = current && formatVersionstamp(current.versionstamp);
  return new ConflictError(
    versionstamp,
    () => current && versionstamp && { key, value: decode(current.value), versionstamp },
  );
}
