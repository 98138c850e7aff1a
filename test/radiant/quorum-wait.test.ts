/** A call waits for a quorum within the time that docs/GUARANTEES.md promises. */
import { expect, test } from 'vitest';
import { TIMES } from '../../src/wire/times.ts';
import { get, gist, put, type SmallWorld, threeTabs } from './small-world.ts';

/**
 * Longest time until the loss of a voter is noticed. Until their next presence announcement, neighbours still list a
 * silent voter.
 */
const NOTICED_MS = TIMES.liveness.neighbourSilenceMs + TIMES.liveness.presenceMs;
const SLACK_MS = 4 * TIMES.raft.tickMs;

/** Three voters and a client, all linked. After `phaseMs`, two of the voters are lost. */
function worldWithLoss(phaseMs: number, lose: (world: SmallWorld, name: string) => void) {
  const world = threeTabs();
  world.open('client', { role: 'client' });
  for (const name of ['a', 'b', 'c']) world.link('client', name);
  expect(gist(world.ask('client', put('k', 'v')))).toBe('written');
  world.run(phaseMs);
  const [survivor, ...lost] = [...world.tabs.keys()].filter((name) => name !== 'client');
  if (survivor === undefined) throw new Error('three tabs');
  for (const name of lost) lose(world, name);
  return { world, survivor };
}

function waits(lose: (world: SmallWorld, name: string) => void): readonly number[] {
  const measured: number[] = [];
  for (let phaseMs = 0; phaseMs < TIMES.liveness.presenceMs; phaseMs += 130) {
    for (const asks of ['survivor', 'client'] as const) {
      const { world, survivor } = worldWithLoss(phaseMs, lose);
      const startMs = world.nowMs;
      expect(gist(world.ask(asks === 'client' ? 'client' : survivor, get('k')))).toBe('NO_QUORUM');
      measured.push(world.nowMs - startMs);
    }
  }
  return measured;
}

test('after silent deaths a call fails within the time to notice them and the patience', () => {
  const measured = waits((world, name) => world.kill(name));
  expect(Math.max(...measured)).toBeLessThanOrEqual(NOTICED_MS + TIMES.client.quorumPatienceMs + SLACK_MS);
  expect(Math.min(...measured)).toBeGreaterThan(TIMES.client.quorumPatienceMs);
});

test('after goodbyes a call fails within the patience', () => {
  const measured = waits((world, name) => {
    world.event(name, { kind: 'page-hidden-for-good' });
    world.kill(name);
  });
  expect(Math.max(...measured)).toBeLessThanOrEqual(TIMES.client.quorumPatienceMs + SLACK_MS);
});
