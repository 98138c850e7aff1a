import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STORAGE_CHECKS } from '../storage/suite.ts';
import { expect, test } from './harness/fixtures.ts';
import { clearSiteData } from './harness/page-faults.ts';
import { openStorageTab, openStorageTabs, storageTabOf } from './harness/storage-tab.ts';

test('the IndexedDB storage meets the contract of storage, with strict transactions for every write', async ({
  world,
}) => {
  const { bench } = await openStorageTab(world);
  for (const { name } of STORAGE_CHECKS) {
    await test.step(name, () => bench.evaluate((storage, check) => storage.runCheck(check), name));
  }
  await bench.evaluate((storage) => storage.deviceId());
  const seen = await bench.evaluate((storage) => storage.transactionsSeen());
  const writing = seen.filter(({ mode }) => mode === 'readwrite');
  expect(writing.length).toBeGreaterThan(100);
  expect(writing.some(({ database }) => database.startsWith('shardbearer-radiant-'))).toBe(true);
  expect(writing.some(({ database }) => database === 'shardbearer-device')).toBe(true);
  expect(writing.filter(({ durability }) => durability !== 'strict')).toEqual([]);
});

test('cleared site data fails the writes of a running boot, and a reopen fails with STORAGE_LOST', async ({
  world,
}) => {
  const { page, bench } = await openStorageTab(world);
  await bench.evaluate((storage) => storage.create());
  expect(await bench.evaluate((storage) => storage.write(100))).toBe('done');
  await clearSiteData(page);
  await bench.evaluate((storage) => storage.lost());
  expect(await bench.evaluate((storage) => storage.write(100))).toMatch(/^STORAGE_(FAILED|LOST)$/);
  expect(await bench.evaluate((storage) => storage.reopen())).toBe('STORAGE_LOST');
  expect(await bench.evaluate((storage) => storage.databaseNames())).toEqual([]);
});

test('a write over the quota fails with STORAGE_FULL, keeps earlier records, and works again once there is room', async ({
  world,
}) => {
  const { page, bench } = await openStorageTab(world);
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  // The quota must be overridden before the first use, because the browser caches the quota.
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
  await bench.evaluate((storage) => storage.create());
  expect(await bench.evaluate((storage) => storage.write(200_000))).toBe('done');
  expect(await bench.evaluate((storage) => storage.write(4_000_000))).toBe('STORAGE_FULL');
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  expect(await bench.evaluate((storage) => storage.write(1))).toBe('done');
  expect(await bench.evaluate((storage) => storage.reopen())).toBe('done');
  expect(await bench.evaluate((storage) => storage.recordKeys())).toEqual([
    'founding',
    'group/0',
    'group/1',
    'group/2',
    'group/3',
  ]);
});

test('a batch leaves nothing on disk if the browser refuses one of its puts', async ({ world }) => {
  const { bench } = await openStorageTab(world);
  await bench.evaluate((storage) => storage.create());
  expect(await bench.evaluate((storage) => storage.writeWithRefusedPut())).toBe('STORAGE_FAILED');
  expect(await bench.evaluate((storage) => storage.reopen())).toBe('done');
  expect(await bench.evaluate((storage) => storage.recordKeys())).toEqual(['founding']);
});

test('an upgrade by newer code closes the database at once, and a reopen fails with STORAGE_TOO_NEW', async ({
  world,
}) => {
  const { bench } = await openStorageTab(world);
  await bench.evaluate((storage) => storage.create());
  await bench.evaluate((storage) => storage.upgradeDatabase());
  expect(await bench.evaluate((storage) => storage.lost())).toBeUndefined();
  expect(await bench.evaluate((storage) => storage.write(100))).toBe('STORAGE_FAILED');
  expect(await bench.evaluate((storage) => storage.reopen())).toBe('STORAGE_TOO_NEW');
});

test('storage fails with STORAGE_UNAVAILABLE in a browser without IndexedDB', async ({ world }) => {
  const { bench } = await openStorageTab(world);
  expect(await bench.evaluate((storage) => storage.withoutIndexedDb())).toBe('STORAGE_UNAVAILABLE');
});

test('the removal of a database waits for a connection that closes late', async ({ world }) => {
  const { bench } = await openStorageTab(world);
  await bench.evaluate((storage) => storage.create());
  expect(await bench.evaluate((storage) => storage.removeWhileHeld())).toBe('done, held: true');
  expect(await bench.evaluate((storage) => storage.databaseNames())).toEqual([]);
});

test('completed writes survive a kill -9 of the browser', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.startBrowser();
  const { bench } = await storageTabOf(await browser.openTab(`${origin}/storage.html`));
  const radiant = await bench.evaluate((storage) => storage.create());
  expect(await bench.evaluate((storage) => storage.write(100_000))).toBe('done');
  await browser.kill();
  const reopened = await world.reopenBrowser(browser);
  const again = await storageTabOf(await reopened.openTab(`${origin}/storage.html`));
  expect(await again.bench.evaluate((storage, id) => storage.reopen(id), radiant)).toBe('done');
  expect(await again.bench.evaluate((storage) => storage.recordKeys())).toEqual(['founding', 'group/0', 'group/1']);
});

test('an empty database under the name of the open one causes STORAGE_LOST', async ({ world }) => {
  const { bench } = await openStorageTab(world);
  await bench.evaluate((storage) => storage.create());
  await bench.evaluate((storage) => storage.replaceByEmpty());
  expect(await bench.evaluate((storage) => storage.lost())).toBe('STORAGE_LOST');
  expect(await bench.evaluate((storage) => storage.reopen())).toBe('STORAGE_LOST');
});

test('damage to or the loss of database files causes STORAGE_LOST, and a new database works', async ({ world }) => {
  const { origin } = await world.server();
  const address = `${origin}/storage.html`;
  const browser = await world.startBrowser();
  const { bench } = await storageTabOf(await browser.openTab(address));
  const radiant = await bench.evaluate((storage) => storage.create());
  expect(await bench.evaluate((storage) => storage.write(500_000))).toBe('done');
  await browser.kill();
  for (const [what, pattern, damage] of [
    ['damage to every file of a database', /./, overwriteSecondHalf],
    ['damage to the files that hold large values', /\.blob\//, overwriteSecondHalf],
    ['the loss of the files that hold large values', /\.blob\//, rm],
  ] as const) {
    await test.step(what, async () => {
      const damaged = await world.copyProfile(browser.profile);
      const files = await databaseFiles(damaged.directory, pattern);
      expect(files.length).toBeGreaterThan(1);
      for (const file of files) await damage(file);
      const reopened = await world.startBrowser(damaged);
      const again = await storageTabOf(await reopened.openTab(address));
      expect(await again.bench.evaluate((storage, id) => storage.reopen(id), radiant)).toBe('STORAGE_LOST');
      await again.bench.evaluate((storage) => storage.create());
      expect(await again.bench.evaluate((storage) => storage.write(100))).toBe('done');
      await reopened.kill();
    });
  }
});

test('tabs of a device agree on its id and lose no identity when they write at the same time', async ({ world }) => {
  const tabs = await openStorageTabs(world, 3);
  const ids = await Promise.all(tabs.map(({ bench }) => bench.evaluate((storage) => storage.deviceId())));
  expect(new Set(ids).size).toBe(1);
  const added = await Promise.all(tabs.map(({ bench }) => bench.evaluate((storage) => storage.addIdentity('a room'))));
  const marks = tabs.map(({ bench }, at) => bench.evaluate((storage, id) => storage.markVoter(id), added[at] ?? ''));
  await Promise.all([...marks, tabs[0]?.bench.evaluate((storage, id) => storage.retireIdentity(id), added[0] ?? '')]);
  const known = await Promise.all(tabs.map(({ bench }) => bench.evaluate((storage) => storage.identities('a room'))));
  for (const identities of known) {
    expect(new Set(identities.map(({ radiant }) => radiant))).toEqual(new Set(added));
    expect(identities.every(({ voter }) => voter)).toBe(true);
    expect(identities.filter(({ retired }) => retired).map(({ radiant }) => radiant)).toEqual([added[0]]);
  }
});

test('a device remembers its clusters and identities until it forgets everything', async ({ world }) => {
  const { bench } = await openStorageTab(world);
  expect(await bench.evaluate((storage) => storage.lastCluster())).toBeUndefined();
  await bench.evaluate((storage) => storage.rememberCluster('a', true));
  await bench.evaluate((storage) => storage.rememberCluster('b', false));
  expect(await bench.evaluate((storage) => storage.lastCluster())).toMatchObject({ room: 'b', founded: false });
  await bench.evaluate((storage) => storage.rememberCluster('a', false));
  expect(await bench.evaluate((storage) => storage.lastCluster())).toEqual({
    room: 'a',
    secret: 'secret of a',
    founded: true,
    application: '',
  });

  expect(await bench.evaluate((storage) => storage.lastCluster('notes'))).toBeUndefined();
  await bench.evaluate((storage) => storage.rememberCluster('a', false, 'notes'));
  await bench.evaluate((storage) => storage.rememberCluster('b', false));
  expect(await bench.evaluate((storage) => storage.lastCluster())).toMatchObject({ room: 'b' });
  expect(await bench.evaluate((storage) => storage.lastCluster('notes'))).toMatchObject({ room: 'a', founded: true });

  const [voter, retired] = [
    await bench.evaluate((storage) => storage.addIdentity('a')),
    await bench.evaluate((storage) => storage.addIdentity('a')),
  ];
  await bench.evaluate((storage) => storage.addIdentity('b'));
  await bench.evaluate((storage, id) => storage.markVoter(id), voter);
  await bench.evaluate((storage, id) => storage.retireIdentity(id), retired);
  const known = await bench.evaluate((storage) => storage.identities('a'));
  expect(known).toHaveLength(2);
  expect(known).toContainEqual({ radiant: voter, room: 'a', voter: true, retired: false });
  expect(known).toContainEqual({ radiant: retired, room: 'a', voter: false, retired: true });

  await bench.evaluate((storage) => storage.create());
  await bench.evaluate((storage) => storage.forgetEverything());
  expect(await bench.evaluate((storage) => storage.lost())).toBe('STORAGE_LOST');
  expect(await bench.evaluate((storage) => storage.databaseNames())).toEqual([]);
  expect(await bench.evaluate((storage) => storage.lastCluster())).toBeUndefined();
});

/** The IndexedDB files of a closed browser. */
async function databaseFiles(profile: string, pattern: RegExp): Promise<string[]> {
  const found = await readdir(join(profile, 'Default', 'IndexedDB'), { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((file) => pattern.test(file));
}

async function overwriteSecondHalf(file: string): Promise<void> {
  const bytes = await readFile(file);
  await writeFile(file, bytes.fill(0xa5, Math.floor(bytes.length / 2)));
}
