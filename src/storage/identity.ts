/**
 * What every storage checks, in one place: who a database belongs to, whether
 * its records are whole, and whether this build may read them.
 */
import type { IdentityRecord } from '../wire/records/records.ts';
import { ShardbearerError, StorageLostError } from '../wire/errors.ts';
import type { BootId, RadiantId } from '../wire/identifiers.ts';
import { decodeIdentityRecord, encodeIdentityRecord } from '../wire/records/record-codec.ts';
import { STORAGE_FORMAT_VERSION } from '../wire/versions.ts';
import { seal, unseal } from './checksum.ts';
import type { NewIdentity, RecordKey, Records, WriteBatch } from './contract.ts';
import { assert } from '../wire/assertion.ts';
import { assertRecordKey, IDENTITY_KEY } from './keys.ts';

/** A record as it lies on the disk. */
export type SealedRecord = readonly [key: RecordKey, sealed: Uint8Array];

/** One boot's hold on a database, and what proves it there. */
export interface Claim {
  readonly identity: IdentityRecord;
  /** The identity record as this boot writes it: while it lies there unchanged, the database is this boot's. */
  readonly sealedIdentity: Uint8Array;
}

/** The claim of the boot that makes a database. */
export function firstClaim(identity: NewIdentity): Claim {
  return claimOf({ ...identity, startCounter: 1, formatVersion: STORAGE_FORMAT_VERSION });
}

/**
 * Reads all that a database holds, and claims it for a new boot. Writes nothing:
 * the caller writes `claim.sealedIdentity`, in the transaction that gave it `found`.
 * @throws {ShardbearerError} `STORAGE_LOST` where there is no identity, another radiant's, or a
 * damaged record; `STORAGE_TOO_NEW`
 */
export function takeUp(
  radiant: RadiantId,
  boot: BootId,
  found: Iterable<SealedRecord>,
): { claim: Claim; records: Records } {
  const sealed = new Map(found);
  const identity = readIdentity(sealed.get(IDENTITY_KEY));
  if (identity.radiant !== radiant) throw new StorageLostError('the database holds the data of another radiant');
  const records = new Map<RecordKey, Uint8Array>();
  for (const [key, value] of sealed) if (key !== IDENTITY_KEY) records.set(key, unseal(key, value));
  return { claim: claimOf({ ...identity, boot, startCounter: identity.startCounter + 1 }), records };
}

/**
 * Why a database is not (or no longer) held by a claim; undefined while it is.
 * Every write asks this first (design, rule 3).
 */
export function refusalOf(claim: Claim, found: Uint8Array | undefined): ShardbearerError | undefined {
  if (found !== undefined && sameBytes(claim.sealedIdentity, found)) return undefined;
  try {
    const identity = readIdentity(found);
    if (identity.radiant !== claim.identity.radiant) {
      return new StorageLostError('the database holds the data of another radiant');
    }
    return identityTaken();
  } catch (error) {
    if (error instanceof ShardbearerError) return error;
    throw error;
  }
}

/**
 * A batch as it is to lie on the disk.
 * @throws {InvariantError} `INVARIANT_BROKEN` for a key that is none, or is the identity's
 */
export function sealBatch(batch: WriteBatch): SealedBatch {
  return batch.map((change) => {
    assertRecordKey(change.key);
    assert(change.key !== IDENTITY_KEY, 'only storage writes the identity record');
    return change.kind === 'put' ? [change.key, seal(change.key, change.value)] : [change.key, undefined];
  });
}

/** Undefined: the record goes. */
export type SealedBatch = readonly (readonly [key: RecordKey, sealed: Uint8Array | undefined])[];

/** What a database holds after a batch was written into nothing. */
export function recordsOf(batch: WriteBatch): Records {
  const records = new Map<RecordKey, Uint8Array>();
  for (const change of batch) {
    if (change.kind === 'put') records.set(change.key, change.value.slice());
    else records.delete(change.key);
  }
  return records;
}

export function storageTooNew(): ShardbearerError {
  return new ShardbearerError(
    'STORAGE_TOO_NEW',
    'the data on this device was written by a newer version of this page; reload the page',
  );
}

export function identityTaken(): ShardbearerError {
  return new ShardbearerError('IDENTITY_TAKEN', 'another boot took this identity up; this one must stop');
}

function readIdentity(sealed: Uint8Array | undefined): IdentityRecord {
  if (sealed === undefined) throw new StorageLostError('the database is empty: its data was deleted');
  const value = unseal(IDENTITY_KEY, sealed);
  const identity = decodeOrLose(value);
  if (identity.formatVersion > STORAGE_FORMAT_VERSION) throw storageTooNew();
  return identity;
}

function decodeOrLose(value: Uint8Array): IdentityRecord {
  try {
    return decodeIdentityRecord(value);
  } catch (error) {
    throw new StorageLostError('the identity record is damaged', { cause: error });
  }
}

function claimOf(identity: IdentityRecord): Claim {
  return { identity, sealedIdentity: seal(IDENTITY_KEY, encodeIdentityRecord(identity)) };
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
