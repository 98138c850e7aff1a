import { expect, test } from 'vitest';
import { RaftSafety } from '../../src/sim/checkers/raft/raft-safety.ts';
import { MembershipDriver } from '../../src/sim/drivers/membership-driver.ts';
import { Remembering } from '../../src/sim/faults/remembering.ts';
import type { CoveredKind } from '../../src/sim/coverage.ts';
import { orderOf, World } from '../../src/sim/world/world.ts';

const PLAN = { meanMs: 1_000, mostVoters: 5 };

test('targets take an order through many memberships, and the last one is settled', () => {
  const covered = new Map<CoveredKind, number>();
  const safety = new RaftSafety((kind) => covered.set(kind, (covered.get(kind) ?? 0) + 1));
  const world = new World({ seed: 1, hosts: 5, observers: [safety] });
  world.form();
  const driver = new MembershipDriver(world, world.random.fork('members'), PLAN, () => false);
  driver.start();
  world.runFor(30_000);
  driver.stop();
  world.runUntil(() => driver.settle(), 20_000, 'the last membership', 500);
  for (const kind of ['simple-change', 'joint-change', 'leadership-transferred'] as const) {
    expect([kind, covered.get(kind) ?? 0]).not.toEqual([kind, 0]);
  }
  const voters = orderOf(world.host(1))?.members.filter(({ memberKind }) => memberKind === 'voter');
  expect(voters).toHaveLength(5);
});

test('nobody may forget whose loss would leave an order, or one that is proposed for, without a majority', () => {
  const safety = new RaftSafety();
  const world = new World({ seed: 2, hosts: 4, observers: [safety] });
  world.form();
  const driver = new MembershipDriver(world, world.random.fork('members'), { ...PLAN, mostVoters: 1 }, () => false);
  const remembering = new Remembering(world, safety, () => driver.latest);
  const voters = [...remembering.voters()];
  expect(voters).toHaveLength(3);
  const [one, other] = voters;
  if (one === undefined || other === undefined) throw new Error('there are three voters');
  expect(remembering.mayForget(one, new Set())).toBe(true);
  expect(remembering.mayForget(one, new Set([other]))).toBe(false);
  // From now on one voter is to be enough: that one must remember, though it could be spared today.
  driver.settle();
  const [only] = driver.latest[0]?.voters ?? [];
  expect(remembering.mayForget(only ?? one, new Set())).toBe(false);
  const strangers = world.radiants().filter(({ radiant }) => !voters.includes(radiant) && radiant !== only);
  expect(strangers.map(({ radiant }) => remembering.mayForget(radiant, new Set(voters)))).toEqual([true]);
});
