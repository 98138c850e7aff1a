/** The bondsmith is isolated. Another bondsmith takes over, and later decisions of the former one have no effect. */
import { expect } from 'vitest';
import { assignmentOfSlot } from '../../../src/cluster/configuration.ts';
import type { Configuration } from '../../../src/wire/configuration/configuration.ts';
import { existing } from '../courses/existing.ts';
import { scenario } from './shard-scenario.ts';
import { type ShardStage, slotOf } from './shard-stage.ts';

scenario('a bondsmith that is cut off is replaced, and what it decides counts for nothing', { orders: 3 }, (stage) => {
  stage.open();
  const key = stage.keyOf(existing(stage.orders[0]));
  const slot = slotOf(key);
  stage.must({ kind: 'put', key, value: 'v' });
  const [, one, other] = stage.orders.map(({ id }) => id);
  const old = stage.bondsmithsTab();
  stage.sides.isolate(old);
  // The isolated bondsmith decides but cannot commit, so its client waits.
  const answers: Configuration[] = [];
  old.call({ kind: 'administer', administration: { kind: 'move', slot, to: existing(one) } }, (outcome) => {
    if (outcome?.kind === 'configuration') answers.push(outcome.configuration);
  });
  stage.world.runFor(100);
  const rest = stage.world.hosts.filter((host) => host !== old);
  stage.until(
    () => rest.some(({ radiants }) => radiants.some((radiant) => radiant === stage.world.bondsmith())),
    'another bondsmith',
  );
  stage.administer({ kind: 'move', slot, to: existing(other) });
  stage.arrived(slot);
  expect(stage.must({ kind: 'get', key })).toEqual({ kind: 'value', value: 'v' });
  const decided = stage.configuration.number;
  stage.sides.rejoin(old);
  stage.until(
    () => old.radiants[0]?.view().formation.kind === 'formed' && numberOf(old) >= decided,
    'that it learns what was decided without it',
  );
  // The client may have asked the new bondsmith, which may have decided the same. A decision of the former bondsmith
  // never reaches the client.
  for (const answer of answers) {
    expect(answer.number).toBeGreaterThan(decided);
    expect(assignmentOfSlot(answer, slot)?.order.id).toBe(one);
  }
  expect([one, other]).toContain(stage.ownerOf(slot).id);
});

function numberOf(tab: ShardStage['servers'][number]): number {
  const formation = tab.radiants[0]?.view().formation;
  return formation?.kind === 'formed' ? formation.configuration.number : 0;
}
