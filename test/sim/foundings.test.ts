/** Tabs fail before the cluster, or their radiant, exists. */
import { expect, test } from 'vitest';
import { SystemSafety } from '../../src/sim/checkers/system-safety.ts';
import type { Observer } from '../../src/sim/world/observer.ts';
import { World } from '../../src/sim/world/world.ts';
import { CONFIGURATION_KEY } from '../../src/storage/keys.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';
import type { RadiantId } from '../../src/wire/identifiers.ts';

test('a founder whose disk refuses the founding founds again, and the second founding counts', () => {
  const safety = new SystemSafety();
  let refused = 0;
  const refusing: Observer = {
    writeBegan: (_radiant, batch) => {
      if (refused > 0 || !batch.some(({ key }) => key === CONFIGURATION_KEY)) return;
      refused++;
      world.devices[0]?.disk.failNextWrite(new ShardbearerError('STORAGE_FAILED', 'the disk refused a write'));
    },
  };
  const world = new World({ seed: 1, observers: [...safety.observers, refusing] });
  world.form(20_000);
  expect(refused).toBe(1);
  expect(safety.configurations.orders.map(({ id }) => safety.ownership.servedBy(id))).toEqual([16_384]);
});

test('a tab that is killed before it runs an identity frees no identity of another tab', () => {
  const world = new World({ seed: 1, hosts: 4, hostsOnDevice: 2 });
  world.form();
  const [first, second] = [world.host(1), world.host(2)];
  const { identity } = second;
  second.kill();
  world.runUntil(() => first.radiants.length === 2, 10_000, 'adoption');
  second.open();
  second.kill();
  expect(first.device.freeIdentities().map(({ radiant }) => radiant)).not.toContain(identity);
});

test('a tab that is closed before its identity exists reopens as another one without data loss', () => {
  const retired: RadiantId[] = [];
  const world = new World({ seed: 1, hosts: 12, observers: [{ retired: (radiant) => retired.push(radiant) }] });
  // When the tab ends, its current write is lost or completes. Both cases occur in this test.
  for (const host of world.hosts) {
    host.open();
    world.runUntil(() => host.identity !== undefined, 1_000, 'an identity', 0.1);
    host.kill();
  }
  world.form();
  expect(retired).toEqual([]);
});
