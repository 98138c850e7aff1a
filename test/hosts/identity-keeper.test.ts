import { expect, test } from 'vitest';
import { FOUNDING_KEY } from '../../src/storage/keys.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';
import type { RadiantId } from '../../src/wire/identifiers.ts';
import { Device, randomId } from './device.ts';

test('two bare tabs of one device found one cluster, and a third tab joins it later', async () => {
  const device = new Device();
  const [one, other] = await Promise.all([
    device.join(device.locks.worker(), undefined),
    device.join(device.locks.worker(), undefined),
  ]);
  expect(one.secret).toBe(other.secret);
  expect(one.own.radiant).not.toBe(other.own.radiant);
  const founders = [one, other].filter(({ own }) => own.database.takeRecords().has(FOUNDING_KEY));
  expect(founders).toHaveLength(1);
  expect((await device.join(device.locks.worker(), undefined)).secret).toBe(one.secret);
});

test('a tab with an invite never founds, also on a device that knows nothing', async () => {
  const device = new Device();
  const joined = await device.join(device.locks.worker(), 'invited');
  expect(joined.secret).toBe('invited');
  expect(joined.own.database.takeRecords().has(FOUNDING_KEY)).toBe(false);
  expect((await device.join(device.locks.worker(), undefined)).secret).toBe('invited');
});

test('two applications on one origin found a cluster each, and each joins its own again', async () => {
  const device = new Device();
  const open = (application: string) => device.join(device.locks.worker(), undefined, undefined, application);
  const notes = await open('notes');
  const chess = await open('chess');
  const unnamed = await open('');
  expect(new Set([notes, chess, unnamed].map(({ secret }) => secret)).size).toBe(3);
  expect((await open('notes')).secret).toBe(notes.secret);
  expect((await open('chess')).secret).toBe(chess.secret);
  expect((await open('')).secret).toBe(unnamed.secret);
});

test("an application that opens the invite link of another application does not change that one's memory", async () => {
  const device = new Device();
  const notes = await device.join(device.locks.worker(), undefined, undefined, 'notes');
  const chess = await device.join(device.locks.worker(), undefined, undefined, 'chess');
  await device.join(device.locks.worker(), notes.secret, undefined, 'chess');
  expect((await device.join(device.locks.worker(), undefined, undefined, 'notes')).secret).toBe(notes.secret);
  expect((await device.join(device.locks.worker(), undefined, undefined, 'chess')).secret).toBe(notes.secret);
  expect(chess.secret).not.toBe(notes.secret);
});

test('a reopened tab takes up the free identity of its device, under a new boot', async () => {
  const device = new Device();
  const locks = device.locks.worker();
  const before = await device.join(locks, undefined);
  await before.own.database.close();
  locks.die();
  const after = await device.join(device.locks.worker(), undefined);
  expect(after.own.radiant).toBe(before.own.radiant);
  expect(after.own.database.boot).not.toBe(before.own.database.boot);
  expect(after.own.database.startCounter).toBe(2);
});

test('a reloaded tab waits a moment for the identity that is just being freed', async () => {
  const device = new Device();
  const closing = device.locks.worker();
  const before = await device.join(closing, 'invited');
  const joining = device.join(device.locks.worker(), 'invited', { former: undefined, returning: true });
  // The new tab requests the former identity before the closing tab frees it.
  await Promise.resolve();
  setTimeout(() => closing.die(), 50);
  expect((await joining).own.radiant).toBe(before.own.radiant);
});

test('a tab takes up its former identity first, then that of the founder, then others', async () => {
  const device = new Device();
  const tabs = [device.locks.worker(), device.locks.worker(), device.locks.worker()];
  const [founder, second, third] = [
    await device.join(at(tabs, 0), undefined),
    await device.join(at(tabs, 1), undefined),
    await device.join(at(tabs, 2), undefined),
  ];
  for (const locks of tabs) locks.die();
  const again = { former: third.own.radiant, returning: false };
  expect((await device.join(device.locks.worker(), undefined, again)).own.radiant).toBe(third.own.radiant);
  expect((await device.join(device.locks.worker(), undefined)).own.radiant).toBe(founder.own.radiant);
  expect((await device.join(device.locks.worker(), undefined)).own.radiant).toBe(second.own.radiant);
});

test('an identity whose database is gone is retired, and never taken up again', async () => {
  const device = new Device();
  const locks = device.locks.worker();
  const { own, room } = await device.join(locks, 'invited');
  locks.die();
  device.disk.wipe(own.radiant);
  const next = await device.join(device.locks.worker(), 'invited');
  expect(next.own.radiant).not.toBe(own.radiant);
  expect(await device.registry.identities(room)).toContainEqual({
    radiant: own.radiant,
    room,
    voter: false,
    retired: true,
  });
});

test('a lock that was not granted leaves no other lock held', async () => {
  const device = new Device();
  const locks = device.locks.worker();
  const held = await device.keeper(locks).tryHold(randomId<RadiantId>());
  expect(held).toBeUndefined();
  expect((await locks.table()).holders).toEqual(new Map());
});

test('a new tab on a disk that does not answer reports it after one attempt and holds no lock', async () => {
  const device = new Device();
  const earlier = [device.locks.worker(), device.locks.worker()];
  for (const locks of earlier) await device.join(locks, 'invited');
  for (const locks of earlier) locks.die();
  const [known] = await device.registry.identities('room of invited');
  let attempts = 0;
  // The keeper waits 10 s for a disk. Here the disk fails at once, as after that wait.
  device.storage.reopen = async () => {
    attempts += 1;
    throw new ShardbearerError('STORAGE_HUNG', 'The disk did not answer.');
  };
  const locks = device.locks.worker();
  await expect(device.join(locks, 'invited')).rejects.toMatchObject({ code: 'STORAGE_HUNG' });
  expect(attempts).toBe(1);
  expect((await locks.table()).holders).toEqual(new Map());
  expect(known === undefined || (await device.keeper(locks).tryHold(known.radiant))).toBeUndefined();
  expect(attempts).toBe(2);
});

function at<Item>(items: readonly Item[], position: number): Item {
  const item = items[position];
  if (item === undefined) throw new Error(`there is no item ${position}`);
  return item;
}
