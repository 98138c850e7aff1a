/** The view of a bondsmith whose configuration has no room for another decision. */
import { afterEach, expect, test } from 'vitest';
import { withShown } from '../../src/hosts/problems.ts';
import { asSlot } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { bytesOf } from '../cluster/worlds.ts';
import {
  administer,
  awaits,
  belongs,
  bondsmithOf,
  configurationOf,
  isAtRest,
  openBeside,
  sizesOf,
} from './founded-world.ts';
import { gist, foundedTabs } from './small-world.ts';

/**
 * Lowers the limit for the size of a configuration. At the real limit, thousands of shards would have to be created,
 * which takes minutes.
 */
function limitConfigurationTo(configurationBytes: number): void {
  Object.defineProperty(LIMITS.configuration, 'configurationBytes', { value: configurationBytes });
}

const { configurationBytes } = LIMITS.configuration;
afterEach(() => limitConfigurationTo(configurationBytes));

const SHARDS = 16;

test('a bondsmith without room for another order shows the reason until shards are consolidated', () => {
  const world = foundedTabs(1, { replicationFactor: 1, founding: { shards: SHARDS } });
  openBeside(world, 't2');
  awaits(world, () => belongs(world, 't2') && isAtRest(world));
  expect(sizesOf(world.tab('t1'))).toEqual([[1, 1]]);
  const bondsmith = bondsmithOf(world) ?? world.tab('t1');
  const other = bondsmith.name === 't1' ? 't2' : 't1';
  limitConfigurationTo(bytesOf(configurationOf(bondsmith)) + SHARDS);
  expect(bondsmith.radiant.view().withoutRoom).toBeUndefined();
  awaits(world, () => bondsmith.radiant.view().withoutRoom !== undefined, 2 * TIMES.membership.promotionMs);
  expect(sizesOf(world.tab('t1'))).toEqual([[1, 1]]);
  expect(world.tab(other).radiant.view().withoutRoom).toBeUndefined();

  const [problem] = withShown([], [world.tab(other).radiant.view(), bondsmith.radiant.view()]);
  expect(problem?.code).toBe('CONFIGURATION_FULL');
  expect(problem?.message).toMatch(
    /^enough radiants are present for another order, but .* until shards are consolidated/u,
  );

  const { shards } = configurationOf(bondsmith).orders[0] ?? { shards: [] };
  for (const { first } of shards.slice(1)) {
    if (bondsmith.radiant.view().withoutRoom === undefined) break;
    const outcome = world.ask(other, administer({ kind: 'consolidate', slot: asSlot(first) }));
    expect(gist(outcome)).toBe('configuration');
  }
  awaits(world, () => sizesOf(bondsmith).length === 2 && isAtRest(world));
  expect(bondsmith.radiant.view().withoutRoom).toBeUndefined();
  expect(withShown([], [bondsmith.radiant.view()])).toEqual([]);
});
