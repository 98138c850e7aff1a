import { expect, test } from 'vitest';
import { isGone } from '../../src/cluster/cluster-facts.ts';
import { TIMES, timesWith } from '../../src/wire/times.ts';
import { device, radiant } from './worlds.ts';

test('a silent radiant counts as gone after the time that its cluster chose', () => {
  const { membership } = timesWith({ membership: { deadAfterMs: 3_000 } });
  const factsAfter = (forMs: number, times = membership) => {
    const silent = { radiant: radiant(1), device: device(1), durable: true, diskFull: false };
    const radiants = new Map([[radiant(1), { ...silent, presence: { kind: 'silent', forMs } as const }]]);
    return { radiants, orders: new Map(), times };
  };
  expect(isGone(factsAfter(2_999), radiant(1))).toBe(false);
  expect(isGone(factsAfter(3_000), radiant(1))).toBe(true);
  expect(isGone(factsAfter(3_000, TIMES.membership), radiant(1))).toBe(false);
});

test('a choice of times keeps all others, and the defaults are frozen', () => {
  const { membership, raft } = timesWith({ membership: { awayMs: 1 } });
  expect(membership).toEqual({ ...TIMES.membership, awayMs: 1 });
  expect(raft).toEqual(TIMES.raft);
  expect(Object.values(TIMES).every((group) => Object.isFrozen(group))).toBe(true);
});
