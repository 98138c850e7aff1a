/** The contract tests of storage, for Node and for pages. Each check runs on a new storage and throws on a failure. */
import { seal } from '../../src/storage/sealed-records.ts';
import type { Database, NewIdentity, RecordChange, RecordKey, Records, Storage } from '../../src/storage/contract.ts';
import { IDENTITY_KEY } from '../../src/storage/keys.ts';
import type { ErrorCode } from '../../src/wire/errors.ts';
import { type BootId, type DeviceId, parseId, type RadiantId } from '../../src/wire/identifiers.ts';
import { encodeIdentityRecord } from '../../src/wire/records/record-codec.ts';
import { STORAGE_FORMAT_VERSION } from '../../src/wire/versions.ts';

/** Changes a sealed record. Undefined: the record does not exist. */
export type RecordDamage = (sealed: Uint8Array | undefined) => Uint8Array | undefined;

/** A storage, with functions that damage it from outside. */
export interface StorageUnderTest {
  readonly storage: Storage;
  /** Changes the stored bytes of a record. */
  readonly tamper: (radiant: RadiantId, key: RecordKey, change: RecordDamage) => Promise<void>;
  /** Deletes a database, even during a boot, as when a person clears the site data. */
  readonly wipe: (radiant: RadiantId) => Promise<void>;
}

export interface StorageCheck {
  readonly name: string;
  run(subject: StorageUnderTest): Promise<void>;
}

export const STORAGE_CHECKS: readonly StorageCheck[] = [
  check('a new database holds its first records, and the next boot finds them', async ({ storage }) => {
    const identity = newIdentity();
    const created = await storage.create(identity, [put('founding', 'first'), put('configuration', '')]);
    equal([created.radiant, created.device, created.boot, created.startCounter], [...ids(identity), 1], 'identity');
    equal(contents(created.takeRecords()), { founding: 'first', configuration: '' }, 'first records');
    await created.close();
    const boot = newId<BootId>();
    const reopened = await storage.reopen(identity.radiant, boot);
    equal(
      [reopened.radiant, reopened.device, reopened.boot, reopened.startCounter],
      [...ids({ ...identity, boot }), 2],
      'identity',
    );
    equal(contents(reopened.takeRecords()), { founding: 'first', configuration: '' }, 'records after reopening');
  }),

  check('the records of a database can be taken once and do not stay in memory', async ({ storage }) => {
    const identity = newIdentity();
    const database = await storage.create(identity, [put('founding', 'first')]);
    database.takeRecords();
    await failsWith(
      'INVARIANT_BROKEN',
      Promise.resolve().then(() => database.takeRecords()),
    );
  }),

  check('an existing database is not created again and keeps its records', async ({ storage }) => {
    const identity = newIdentity();
    const created = await storage.create(identity, [put('founding', 'first')]);
    await failsWith('INVARIANT_BROKEN', storage.create({ ...identity, boot: newId() }, [put('founding', 'second')]));
    await created.write([put('configuration', 'still mine')]);
    await created.close();
    equal(await reopenedContents(storage, identity), { founding: 'first', configuration: 'still mine' }, 'records');
  }),

  check('reopening a missing database fails with STORAGE_LOST and leaves no database', async ({ storage }) => {
    const identity = newIdentity();
    await failsWith('STORAGE_LOST', storage.reopen(identity.radiant, identity.boot));
    await failsWith('STORAGE_LOST', storage.reopen(identity.radiant, identity.boot));
    await storage.create(identity, []);
  }),

  check('a removed database is gone, and a second removal is no error', async ({ storage }) => {
    const identity = newIdentity();
    const created = await storage.create(identity, [put('founding', 'first')]);
    await created.close();
    await storage.remove(identity.radiant);
    await storage.remove(identity.radiant);
    await failsWith('STORAGE_LOST', storage.reopen(identity.radiant, newId()));
  }),

  check('the changes of a batch apply in order, and bytes are read back unchanged', async ({ storage }) => {
    const identity = newIdentity();
    const database = await storage.create(identity, [put('group/a', 'gone soon'), put('group/b', 'old')]);
    const everyByte = Uint8Array.from({ length: 4_096 }, (_, at) => at & 0xff);
    await database.write([
      put('group/b', 'new'),
      remove('group/a'),
      put('group/c', 'x'),
      remove('group/c'),
      put('group/c', 'y'),
    ]);
    await database.write([
      { kind: 'put', key: 'group/d', value: everyByte.subarray(100, 4_000) },
      remove('group/never'),
    ]);
    await database.write([]);
    await database.close();
    const records = (await storage.reopen(identity.radiant, newId())).takeRecords();
    equal([...(records.get('group/d') ?? [])], [...everyByte.subarray(100, 4_000)], 'bytes');
    equal([...records.keys()].sort(), ['group/b', 'group/c', 'group/d'], 'keys');
    equal([text(records.get('group/b')), text(records.get('group/c'))], ['new', 'y'], 'values');
  }),

  check('a batch is written as passed, even if the caller reuses its bytes', async ({ storage }) => {
    const identity = newIdentity();
    const database = await storage.create(identity, []);
    const value = encode('before');
    const written = database.write([{ kind: 'put', key: 'founding', value }]);
    value.fill(0);
    await written;
    await database.close();
    equal(await reopenedContents(storage, identity), { founding: 'before' }, 'records');
  }),

  check('after many writes and reopenings a database equals a map', async ({ storage }) => {
    const identity = newIdentity();
    let database = await storage.create(identity, []);
    const model = new Map<RecordKey, string>();
    const draw = drawFrom(7);
    for (let round = 1; round <= 60; round++) {
      const batch: RecordChange[] = [];
      for (let change = draw(8); change >= 0; change--) {
        const key = `group/${draw(20)}`;
        if (draw(3) === 0) {
          batch.push(remove(key));
          model.delete(key);
        } else {
          batch.push(put(key, `value ${round}`));
          model.set(key, `value ${round}`);
        }
      }
      await database.write(batch);
      if (round % 12 !== 0) continue;
      await database.close();
      database = await storage.reopen(identity.radiant, newId());
      equal(contents(database.takeRecords()), Object.fromEntries(model), `records after round ${round}`);
    }
    equal(database.startCounter, 6, 'start counter');
  }),

  check('a database opened by a later boot rejects writes of the earlier one', async ({ storage }) => {
    const identity = newIdentity();
    const stale = await storage.create(identity, [put('founding', 'first')]);
    const later = await storage.reopen(identity.radiant, newId());
    await failsWith('IDENTITY_TAKEN', stale.write([put('founding', 'stale'), put('configuration', 'stale')]));
    await failsWith('IDENTITY_TAKEN', stale.write([]));
    await later.write([put('group/a', 'later')]);
    await later.close();
    await stale.close();
    equal(await reopenedContents(storage, identity), { founding: 'first', 'group/a': 'later' }, 'records');
  }),

  check('one of two racing boots gets the database, and start counters never repeat', async ({ storage }) => {
    const identity = newIdentity();
    await (await storage.create(identity, [])).close();
    const racers = await Promise.all([0, 1, 2].map(() => storage.reopen(identity.radiant, newId())));
    equal(
      racers.map((racer) => racer.startCounter).sort((left, right) => left - right),
      [2, 3, 4],
      'start counters',
    );
    const outcomes: string[] = [];
    for (const racer of racers) outcomes.push(await outcomeOf(racer.write([put('founding', racer.boot)])));
    equal([...outcomes].sort(), ['IDENTITY_TAKEN', 'IDENTITY_TAKEN', 'done'], 'outcomes');
    equal(outcomes[racers.findIndex((racer) => racer.startCounter === 4)], 'done', 'the last one to take it up has it');
  }),

  check('databases of different radiants are independent', async ({ storage }) => {
    const [one, other] = [newIdentity(), newIdentity()];
    const first = await storage.create(one, [put('founding', 'one')]);
    const second = await storage.create(other, [put('founding', 'other')]);
    await Promise.all([first.write([put('configuration', '1')]), second.write([put('configuration', '2')])]);
    await Promise.all([first.close(), second.close()]);
    await storage.remove(one.radiant);
    equal(await reopenedContents(storage, other), { founding: 'other', configuration: '2' }, 'records');
  }),

  check(
    'a database deleted during a boot reports the loss, rejects writes, and is not found again',
    async ({ storage, wipe }) => {
      const identity = newIdentity();
      const database = await storage.create(identity, [put('founding', 'first')]);
      await wipe(identity.radiant);
      equal((await database.lost)?.code, 'STORAGE_LOST', 'lost');
      await failsWith('STORAGE_LOST', database.write([put('founding', 'again')]));
      await failsWith('STORAGE_LOST', storage.reopen(identity.radiant, newId()));
    },
  ),

  check(
    'a write after the identity has vanished fails with STORAGE_LOST and changes nothing',
    async ({ storage, tamper }) => {
      const identity = newIdentity();
      const database = await storage.create(identity, []);
      let before: Uint8Array | undefined;
      await tamper(identity.radiant, IDENTITY_KEY, (sealed) => {
        before = sealed;
        return undefined;
      });
      await failsWith('STORAGE_LOST', database.write([put('founding', 'late')]));
      await database.close();
      await failsWith('STORAGE_LOST', storage.reopen(identity.radiant, newId()));
      await tamper(identity.radiant, IDENTITY_KEY, () => before);
      equal(await reopenedContents(storage, identity), {}, 'records');
    },
  ),

  ...['founding', 'group/a', IDENTITY_KEY].map((key) =>
    check(`a damaged record ("${key}") is STORAGE_LOST, at any damaged byte`, async ({ storage, tamper }) => {
      for (const damage of DAMAGES) {
        const identity = newIdentity();
        const database = await storage.create(identity, [put('founding', 'whole'), put('group/a', 'whole too')]);
        await tamper(identity.radiant, key, (sealed) => damage(sealed ?? new Uint8Array()));
        if (key === IDENTITY_KEY) await failsWith('STORAGE_LOST', database.write([put('founding', 'again')]));
        await database.close();
        await failsWith('STORAGE_LOST', storage.reopen(identity.radiant, newId()));
      }
    }),
  ),

  check('a record under the key of another one is STORAGE_LOST', async ({ storage, tamper }) => {
    const identity = newIdentity();
    const database = await storage.create(identity, [put('group/a', 'same'), put('group/b', 'same')]);
    await database.close();
    let other: Uint8Array | undefined;
    await tamper(identity.radiant, 'group/a', (sealed) => {
      other = sealed;
      return sealed;
    });
    await tamper(identity.radiant, 'group/b', () => other);
    await failsWith('STORAGE_LOST', storage.reopen(identity.radiant, newId()));
  }),

  check('the database of another radiant under this one’s name is STORAGE_LOST', async ({ storage, tamper }) => {
    const [identity, other] = [newIdentity(), newIdentity()];
    const database = await storage.create(identity, []);
    const record = { ...other, startCounter: 1, formatVersion: STORAGE_FORMAT_VERSION };
    await tamper(identity.radiant, IDENTITY_KEY, () => seal(IDENTITY_KEY, encodeIdentityRecord(record)));
    await failsWith('STORAGE_LOST', database.write([]));
    await database.close();
    await failsWith('STORAGE_LOST', storage.reopen(identity.radiant, newId()));
  }),

  check(
    'data of a newer format is STORAGE_TOO_NEW at a start and during a boot, and stays unchanged',
    async ({ storage, tamper }) => {
      const identity = newIdentity();
      const database = await storage.create(identity, []);
      const record = { ...identity, startCounter: 9, formatVersion: STORAGE_FORMAT_VERSION + 1 };
      const newer = seal(IDENTITY_KEY, encodeIdentityRecord(record));
      await tamper(identity.radiant, IDENTITY_KEY, () => newer);
      await failsWith('STORAGE_TOO_NEW', database.write([]));
      await database.close();
      await failsWith('STORAGE_TOO_NEW', storage.reopen(identity.radiant, newId()));
      await tamper(identity.radiant, IDENTITY_KEY, (sealed) => {
        equal([...(sealed ?? [])], [...newer], 'identity record');
        return sealed;
      });
    },
  ),

  check('a closed database rejects writes', async ({ storage }) => {
    const database = await storage.create(newIdentity(), []);
    await database.close();
    await database.close();
    await failsWith('CLOSED', database.write([put('founding', 'late')]));
  }),

  check('a malformed key and the key of the identity are rejected as bugs', async ({ storage }) => {
    const identity = newIdentity();
    for (const key of ['', 'Große', 'a b', 'x'.repeat(129), IDENTITY_KEY]) {
      await failsWith('INVARIANT_BROKEN', storage.create(newIdentity(), [put(key, 'value')]));
    }
    await failsWith('STORAGE_LOST', storage.reopen(identity.radiant, newId()));
  }),
];

const DAMAGES: readonly ((sealed: Uint8Array) => Uint8Array)[] = [
  (sealed) => sealed.with(0, (sealed[0] ?? 0) ^ 0x80),
  (sealed) => sealed.with(sealed.length - 1, (sealed.at(-1) ?? 0) ^ 1),
  (sealed) => sealed.subarray(0, -1),
  () => new Uint8Array(),
];

function check(name: string, run: (subject: StorageUnderTest) => Promise<void>): StorageCheck {
  return { name, run };
}

function newId<Id extends RadiantId | BootId | DeviceId>(): Id {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return parseId<Id>([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
}

export function newIdentity(): NewIdentity {
  return { radiant: newId(), device: newId(), boot: newId() };
}

function ids({ radiant, device, boot }: NewIdentity): string[] {
  return [radiant, device, boot];
}

const encode = (value: string): Uint8Array => new TextEncoder().encode(value);
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
export const put = (key: RecordKey, value: string): RecordChange => ({ kind: 'put', key, value: encode(value) });
const remove = (key: RecordKey): RecordChange => ({ kind: 'delete', key });

function contents(records: Records): Record<string, string> {
  return Object.fromEntries([...records].map(([key, value]) => [key, text(value)]));
}

async function reopenedContents(storage: Storage, { radiant }: NewIdentity): Promise<Record<string, string>> {
  const database: Database = await storage.reopen(radiant, newId());
  await database.close();
  return contents(database.takeRecords());
}

/** A generator of pseudo-random integers below a bound. Equal seeds give equal numbers. */
function drawFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

async function failsWith(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  equal(await outcomeOf(promise), code, 'outcome');
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [canonical(actual), canonical(expected)];
  if (found !== wanted) throw new Error(`${what}: expected ${wanted}, found ${found}`);
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value) ?? 'undefined';
  return JSON.stringify(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
