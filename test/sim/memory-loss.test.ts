import { expect, test } from 'vitest';
import { RaftSafety } from '../../src/sim/checkers/raft/raft-safety.ts';
import { Remembering } from '../../src/sim/faults/remembering.ts';
import { World } from '../../src/sim/world/world.ts';

test('no radiant may lose its memory if that leaves an order without a majority that remembers', () => {
  const safety = new RaftSafety();
  const world = new World({ seed: 2, hosts: 4, observers: [safety] });
  world.form();
  const remembering = new Remembering(world, safety);
  const voters = [...remembering.voters()];
  expect(voters).toHaveLength(3);
  const [one, other] = voters;
  if (one === undefined || other === undefined) throw new Error('there are three voters');
  expect(remembering.mayForget(one, new Set())).toBe(true);
  expect(remembering.mayForget(one, new Set([other]))).toBe(false);
  const learners = world.radiants().filter(({ radiant }) => !voters.includes(radiant));
  expect(learners.map(({ radiant }) => remembering.mayForget(radiant, new Set(voters)))).toEqual([true]);
});
