import { expect, test } from 'vitest';
import { MemoryDisk } from '../../src/storage/memory/memory-disk.ts';
import { MemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { STORAGE_CHECKS } from './suite.ts';

for (const check of STORAGE_CHECKS) {
  test(`memory storage: ${check.name}`, async () => {
    const disk = new MemoryDisk();
    await check.run({
      storage: new MemoryStorage(disk),
      tamper: async (radiant, key, change) => disk.tamper(radiant, key, change),
      wipe: async (radiant) => disk.wipe(radiant),
    });
  });
}

test('memory storage is not durable unless its disk outlives it', () => {
  expect(new MemoryStorage().durable).toBe(false);
  expect(new MemoryStorage(new MemoryDisk(), true).durable).toBe(true);
});
