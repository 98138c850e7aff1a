import { expect, test } from 'vitest';
import { SystemSafety } from '../../src/sim/checkers/system-safety.ts';
import { Settling } from '../../src/sim/convergence/settling.ts';
import type { CoveredKind } from '../../src/sim/coverage.ts';
import { TabTurnover } from '../../src/sim/drivers/tab-turnover.ts';
import { orderOf, World } from '../../src/sim/world/world.ts';

test('tabs open late, leave and vanish, and in the end every tab has a place again', { timeout: 120_000 }, () => {
  const covered = new Map<CoveredKind, number>();
  const count = (kind: CoveredKind): void => {
    covered.set(kind, (covered.get(kind) ?? 0) + 1);
  };
  const safety = new SystemSafety(count);
  const founding = { radiants: 4, orders: 1, shards: 1 };
  const world = new World({ seed: 3, hosts: 6, founding, observers: safety.observers });
  const turnover = new TabTurnover(
    world,
    world.random.fork('turnover'),
    { meanMs: 2_500, lateTabs: 2 },
    { covered: count },
  );
  world.form(10_000, turnover.earlyTabs);
  turnover.start();
  world.runFor(90_000);
  turnover.stop();
  const expected = ['opened-late', 'departed', 'vanished', 'removed-while-away', 'joint-change'] as const;
  expect(expected.filter((kind) => !covered.has(kind))).toEqual([]);
  world.runUntil(() => world.hosts.every(({ isReady }) => isReady), 90_000);
  const settling = new Settling(world, safety);
  world.runUntil(
    () => settling.settle(),
    settling.withinMs,
    () => settling.describe(),
    500,
  );
  expect(orderOf(world.host(1))?.members.filter(({ memberKind }) => memberKind === 'voter')).toHaveLength(3);
  expect(orderOf(world.host(1))?.members).toHaveLength(6);
});
