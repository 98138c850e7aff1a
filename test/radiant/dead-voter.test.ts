/** A dead voter is replaced, even if bondsmiths die or freeze. */
import { expect, test } from 'vitest';
import { TIMES } from '../../src/wire/times.ts';
import { awaits, bondsmithOf, configurationOf, isAtRest, living, reopenBeside } from './founded-world.ts';
import { foundedTabs, type SmallWorld, type Tab } from './small-world.ts';

/** Five tabs in one order. A voter that is not the bondsmith dies for good. */
function clusterWithDeadVoter(): { readonly world: SmallWorld; readonly dead: Tab } {
  const world = foundedTabs(5);
  awaits(world, () => isAtRest(world) && bondsmithOf(world) !== undefined);
  world.run(TIMES.membership.promotionMs);
  const dead = living(world).find((tab) => tab !== bondsmithOf(world) && isVoter(world, tab));
  if (dead === undefined) throw new Error('there are three voters');
  world.kill(dead.name);
  return { world, dead };
}

function isVoter(world: SmallWorld, { id }: Tab): boolean {
  return living(world).some((tab) => {
    return configurationOf(tab).orders.some(({ members }) => members.voters.some(({ radiant }) => radiant === id));
  });
}

/**
 * Kills each bondsmith after `intervalMs`, and reopens its tab 3 s later.
 * @returns the time until the dead voter was replaced
 */
function replacementMs(intervalMs: number): number {
  const { world, dead } = clusterWithDeadVoter();
  const diedMs = world.nowMs;
  while (isVoter(world, dead)) {
    if (world.nowMs - diedMs > 5 * TIMES.membership.deadAfterMs) break;
    const bondsmith = bondsmithOf(world);
    if (bondsmith !== undefined) {
      world.kill(bondsmith.name);
      world.run(3_000);
      reopenBeside(world, bondsmith.name);
    }
    const nextMs = world.nowMs + intervalMs - 3_000;
    while (world.nowMs < nextMs && isVoter(world, dead)) world.run(250);
  }
  return world.nowMs - diedMs;
}

test.each([60_000, 20_000])(
  'a dead voter is replaced in time while the bondsmith is killed every %i ms',
  (intervalMs) => {
    const slackMs = 10_000;
    expect(replacementMs(intervalMs)).toBeLessThan(TIMES.membership.deadAfterMs + slackMs);
  },
);

test.each([0, 1])(
  'a bondsmith that was frozen gives no seat to a learner that died in the meantime (learner %i)',
  (which) => {
    const { world, dead } = clusterWithDeadVoter();
    const bondsmith = bondsmithOf(world);
    if (bondsmith === undefined) throw new Error('there is a bondsmith');
    const learner = living(world).filter((tab) => !isVoter(world, tab))[which];
    const leaver = living(world).find((tab) => tab !== bondsmith && isVoter(world, tab));
    if (learner === undefined || leaver === undefined) throw new Error('two learn, and two voters are left');
    world.run(TIMES.membership.promotionMs);
    world.freeze(bondsmith.name);
    world.kill(learner.name);
    world.event(leaver.name, { kind: 'leave', alsoLeaving: [] });
    world.run(3_000);
    world.thaw(bondsmith.name);
    awaits(world, () => leaver.radiant.view().leaving?.kind === 'left' || isVoter(world, learner));
    expect(isVoter(world, learner)).toBe(false);
    expect(isVoter(world, dead)).toBe(true);
  },
);
