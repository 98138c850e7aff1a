/** The members of the only order of a small world, and changes of its members. */
import type { Participant } from '../../src/wire/configuration/configuration.ts';
import { ScriptedWorld } from './scripted-world.ts';
import type { SmallWorld, Tab, WorldOptions } from './small-world.ts';

export const orderOf = (tab: Tab) => tab.radiant.view().orders[0];

/** The names of the voters in a tab's view, in the order of their replica ids. */
export function votersOf(world: SmallWorld, tab: Tab): readonly string[] {
  return namesOf(world, tab, 'voter');
}

export function learnersOf(world: SmallWorld, tab: Tab): readonly string[] {
  return namesOf(world, tab, 'learner');
}

/** Three linked tabs a, b and c that form one order with a herald. The test decides on the members. */
export function tabsOfScriptedOrder(options: WorldOptions = {}): ScriptedWorld {
  const world = new ScriptedWorld(1, options, [['a', 'b', 'c']]);
  world.until(() => [...world.tabs.values()].every((tab) => orderOf(tab)?.herald !== undefined));
  return world;
}

/** Decides that these tabs are the members of the order. */
export function target(world: ScriptedWorld, voters: readonly string[], learners: readonly string[] = []): void {
  const participants = (names: readonly string[]): readonly Participant[] =>
    names.map((name) => ({ radiant: world.tab(name).id, device: world.tab(name).connection.device }));
  world.decide(({ number, orders }) => {
    const members = { number: number + 1, voters: participants(voters), learners: participants(learners) };
    return { orders: orders.map((order) => ({ ...order, members })) };
  });
}

/** Whether the herald has reached its latest target, and the members are exactly these voters and learners. */
export function areMembers(world: SmallWorld, voters: readonly string[], learners: readonly string[] = []): boolean {
  const herald = world.herald();
  if (herald === undefined || orderOf(herald)?.replica?.target.isReached !== true) return false;
  return isSame(votersOf(world, herald), voters) && isSame(learnersOf(world, herald), learners);
}

/** Decides that these tabs are the members of the order, and waits until they are. */
export function change(world: ScriptedWorld, voters: readonly string[], learners: readonly string[] = []): void {
  target(world, voters, learners);
  world.until(() => areMembers(world, voters, learners), 60_000);
}

function namesOf(world: SmallWorld, tab: Tab, memberKind: 'voter' | 'learner'): readonly string[] {
  const members = orderOf(tab)?.members.filter((member) => member.memberKind === memberKind) ?? [];
  return members.map(({ radiant }) => [...world.tabs.values()].find(({ id }) => id === radiant)?.name ?? radiant);
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name) => others.includes(name));
}
