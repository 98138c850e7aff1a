/**
 * The stored form of records, which all implementations of the storage contract share. A CRC-32C checksum seals each
 * record. The checksum detects a disk that loses bytes or swaps records. The identity record names the boot that owns
 * the database.
 */
import { CHECKSUM_BYTES, crc32c, hasChecksum, putChecksum } from '../wire/crc32c.ts';
import type { IdentityRecord } from '../wire/records/records.ts';
import { ShardbearerError, StorageLostError } from '../wire/errors.ts';
import type { BootId, RadiantId } from '../wire/identifiers.ts';
import { decodeIdentityRecord, encodeIdentityRecord } from '../wire/records/record-codec.ts';
import { STORAGE_FORMAT_VERSION } from '../wire/versions.ts';
import type { NewIdentity, RecordKey, Records, WriteBatch } from './contract.ts';
import { assert } from '../wire/assertion.ts';
import { IDENTITY_KEY, RECORD_KEY_PATTERN } from './keys.ts';

/** A record with its checksum. */
export type SealedRecord = readonly [key: RecordKey, sealed: Uint8Array];

/** The ownership of a database by one boot, with its proof. */
export interface Claim {
  readonly identity: IdentityRecord;
  /** The identity record as this boot wrote it. The boot owns the database while the stored record equals this one. */
  readonly sealedIdentity: Uint8Array;
}

export function firstClaim(identity: NewIdentity): Claim {
  return claimOf({ ...identity, startCounter: 1, formatVersion: STORAGE_FORMAT_VERSION });
}

/**
 * Reads all records of a database and claims it for a new boot. The caller writes `claim.sealedIdentity` in the same
 * transaction that read `found`.
 * @throws {ShardbearerError} `STORAGE_LOST` for a missing identity, another radiant's identity or a damaged record;
 * `STORAGE_TOO_NEW`
 */
export function takeUp(
  radiant: RadiantId,
  boot: BootId,
  found: Iterable<SealedRecord>,
): { claim: Claim; records: Records } {
  const sealed = new Map(found);
  const identity = readIdentity(sealed.get(IDENTITY_KEY));
  if (identity.radiant !== radiant) throw new StorageLostError('The database holds the data of another radiant.');
  const records = new Map<RecordKey, Uint8Array>();
  for (const [key, value] of sealed) if (key !== IDENTITY_KEY) records.set(key, unseal(key, value));
  return { claim: claimOf({ ...identity, boot, startCounter: identity.startCounter + 1 }), records };
}

/**
 * The reason why the stored identity record `found` no longer matches the claim. Undefined while it matches. Every
 * write checks this first (design, rule 3).
 */
export function refusalOf(claim: Claim, found: Uint8Array | undefined): ShardbearerError | undefined {
  if (found !== undefined && sameBytes(claim.sealedIdentity, found)) return undefined;
  try {
    const identity = readIdentity(found);
    if (identity.radiant !== claim.identity.radiant) {
      return new StorageLostError('The database holds the data of another radiant.');
    }
    return identityTaken();
  } catch (error) {
    if (error instanceof ShardbearerError) return error;
    throw error;
  }
}

/**
 * Adds checksums to a batch.
 * @throws {InvariantError} `INVARIANT_BROKEN` for a malformed key or the key of the identity
 */
export function sealBatch(batch: WriteBatch): SealedBatch {
  const sealed: SealedChange[] = [];
  for (const change of batch) {
    const { key } = change;
    assert(RECORD_KEY_PATTERN.test(key), `"${key.slice(0, 80)}" is not a record key`);
    assert(key !== IDENTITY_KEY, 'only storage writes the identity record');
    sealed.push([key, change.kind === 'put' ? seal(key, change.value) : undefined]);
  }
  return sealed;
}

/** A change of one record. An undefined `sealed` deletes the record. */
type SealedChange = readonly [key: RecordKey, sealed: Uint8Array | undefined];

export type SealedBatch = readonly SealedChange[];

/** The contents of a new database after its first batch. */
export function recordsOf(batch: WriteBatch): Records {
  const records = new Map<RecordKey, Uint8Array>();
  for (const change of batch) {
    if (change.kind === 'put') records.set(change.key, change.value.slice());
    else records.delete(change.key);
  }
  return records;
}

function storageTooNew(): ShardbearerError {
  return new ShardbearerError(
    'STORAGE_TOO_NEW',
    'A newer version of this page wrote the data on this device. Reload the page.',
  );
}

function identityTaken(): ShardbearerError {
  return new ShardbearerError('IDENTITY_TAKEN', 'Another boot has opened this identity. This boot must stop.');
}

function readIdentity(sealed: Uint8Array | undefined): IdentityRecord {
  if (sealed === undefined) throw new StorageLostError('The database is empty: its data was deleted.');
  const value = unseal(IDENTITY_KEY, sealed);
  const identity = decodeOrLose(value);
  if (identity.formatVersion > STORAGE_FORMAT_VERSION) throw storageTooNew();
  return identity;
}

function decodeOrLose(value: Uint8Array): IdentityRecord {
  try {
    return decodeIdentityRecord(value);
  } catch (error) {
    throw new StorageLostError('The identity record is damaged.', { cause: error });
  }
}

function claimOf(identity: IdentityRecord): Claim {
  return { identity, sealedIdentity: seal(IDENTITY_KEY, encodeIdentityRecord(identity)) };
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}

/**
 * Puts the checksum before the value. The sum covers key and value, so a record stored under another key fails its
 * check.
 */
export function seal(key: RecordKey, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(CHECKSUM_BYTES + value.length);
  putChecksum(sealed, checksum(key, value));
  sealed.set(value, CHECKSUM_BYTES);
  return sealed;
}

/**
 * Verifies and strips the checksum.
 * @returns a view into `sealed`, not a copy
 * @throws {StorageLostError} `STORAGE_LOST` if the checksum does not match
 */
export function unseal(key: RecordKey, sealed: Uint8Array): Uint8Array {
  if (sealed.length < CHECKSUM_BYTES) {
    throw new StorageLostError(`Record "${key}" is damaged: only ${sealed.length} bytes of it are left.`);
  }
  const value = sealed.subarray(CHECKSUM_BYTES);
  if (!hasChecksum(sealed, checksum(key, value))) {
    throw new StorageLostError(`Record "${key}" is damaged: its checksum does not match.`);
  }
  return value;
}

function checksum(key: RecordKey, value: Uint8Array): number {
  // No key contains the separator `\0`, so "a" + "bc" and "ab" + "c" have different checksums.
  return crc32c(value, 0, crc32c(UTF_8.encode(`${key}\0`)));
}

const UTF_8 = new TextEncoder();
