import { expect, test } from 'vitest';
import { extent } from '../extent.ts';
import { areMembers, orderOf, tabsOfScriptedOrder, target } from './members.ts';
import type { ScriptedWorld } from './scripted-world.ts';
import { append, get, gist } from './small-world.ts';

/** Upper bound for the number of writes of a change from three voters to three others. */
const MOST_WRITES = 200;
const LONG = { timeout: 120_000 };
const EVERYONE = ['a', 'b', 'c', 'd', 'e'];
const TARGET = ['c', 'd', 'e'];

function fiveTabs(): ScriptedWorld {
  const world = tabsOfScriptedOrder();
  for (const name of ['d', 'e']) {
    world.open(name);
    for (const other of world.tabs.values()) if (other.name !== name) world.link(name, other.name);
  }
  expect(gist(world.ask('a', append('log', 'before;')))).toBe('written');
  world.run(500);
  return world;
}

function reopen(world: ScriptedWorld, ...names: readonly string[]): void {
  for (const name of names) {
    world.reopen(name);
    for (const other of world.tabs.values()) if (other.alive && other.name !== name) world.link(name, other.name);
  }
}

/**
 * Replaces two of three voters, and stops at write `number`. Only writes of tabs that `counts` accepts are counted. The
 * herald may be among the replaced voters.
 * @returns whether the change had that many writes
 */
function changeUntilWrite(world: ScriptedWorld, number: number, counts: (name: string) => boolean): boolean {
  let writes = 0;
  world.observes = (tab, effect) => {
    if (effect.kind === 'write' && counts(tab.name)) writes += 1;
  };
  target(world, TARGET);
  world.until(() => writes >= number || areMembers(world, TARGET));
  world.observes = () => undefined;
  return writes >= number;
}

function expectAllIsWell(world: ScriptedWorld): void {
  world.run(100);
  for (const name of EVERYONE) world.teach(name);
  world.until(() => areMembers(world, TARGET), 60_000);
  for (const tab of world.tabs.values()) expect(tab.halted).toBeUndefined();
  for (const old of ['a', 'b']) world.until(() => orderOf(world.tab(old))?.replica === undefined);
  world.until(() => world.herald() !== undefined);
  expect(gist(world.ask('a', append('log', 'after')))).toBe('written');
  expect(gist(world.ask('b', get('log')))).toBe('"before;after"');
  // The order does not depend on its former members. Two of its three voters suffice.
  for (const old of ['a', 'b', 'c']) world.kill(old);
  world.until(() => world.herald() !== undefined);
  world.run(1_000);
  expect(gist(world.ask('d', get('log')))).toBe('"before;after"');
}

test('a herald that is killed at any of its writes of a joint change only delays it', LONG, () => {
  for (let number = 1; number < MOST_WRITES; number++) {
    const world = fiveTabs();
    const herald = world.herald()?.name ?? 'none';
    if (!changeUntilWrite(world, number, (name) => name === herald)) return;
    world.kill(herald);
    world.run(3_000);
    reopen(world, herald);
    expectAllIsWell(world);
  }
  throw new Error('the change does not come to an end');
});

test(
  'after all tabs are killed at any write of a joint change, the change continues once they are reopened',
  LONG,
  () => {
    for (let number = 1; number < MOST_WRITES; number += extent(6, 2)) {
      const world = fiveTabs();
      if (!changeUntilWrite(world, number, () => true)) return;
      for (const name of EVERYONE) world.kill(name);
      reopen(world, ...EVERYONE);
      expectAllIsWell(world);
    }
    throw new Error('the change does not come to an end');
  },
);
