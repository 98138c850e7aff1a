import { expect, test } from 'vitest';
import { HeartbeatGap } from '../../src/radiant/replica/heartbeat-gap.ts';
import { asReplicaId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { threeTabs } from './small-world.ts';

const [herald, other] = [asReplicaId(1), asReplicaId(2)];

test('the longest silence counts only the herald of the current term', () => {
  const silence = new HeartbeatGap();
  expect(silence.longestMs).toBeUndefined();
  silence.follow(herald, 3, 1_000);
  silence.heard(herald, 1_100);
  silence.heard(other, 1_200);
  silence.heard(herald, 1_400);
  silence.follow(herald, 3, 1_450);
  silence.heard(herald, 1_500);
  expect(silence.longestMs).toBe(300);
  silence.follow(herald, 4, 2_000);
  silence.heard(herald, 2_050);
  expect(silence.longestMs).toBe(50);
  silence.follow(undefined, 4, 2_100);
  expect(silence.longestMs).toBeUndefined();
});

test('followers of an undisturbed order hear their herald with every heartbeat', () => {
  const world = threeTabs();
  world.run(5_000);
  const silences = [...world.tabs.values()].map(({ radiant }) => radiant.view().orders[0]?.replica?.heraldSilenceMs);
  const heard = silences.filter((silenceMs) => silenceMs !== undefined);
  expect(heard).toHaveLength(2);
  const heartbeatMs = TIMES.raft.heartbeatTicks * TIMES.raft.tickMs;
  for (const silenceMs of heard) {
    expect(silenceMs).toBeGreaterThanOrEqual(heartbeatMs);
    expect(silenceMs).toBeLessThan(2 * heartbeatMs);
  }
});
