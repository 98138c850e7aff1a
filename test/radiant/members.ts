/** What tests of membership ask of a small world. */
import type { Participant } from '../../src/wire/configuration/configuration.ts';
import type { SmallWorld, Tab } from './small-world.ts';

export const orderOf = (tab: Tab) => tab.radiant.view().orders[0];

/** Names of the members that vote, in the order of their replica ids, as a tab sees it. */
export function votersOf(world: SmallWorld, tab: Tab): readonly string[] {
  return namesOf(world, tab, 'voter');
}

export function learnersOf(world: SmallWorld, tab: Tab): readonly string[] {
  return namesOf(world, tab, 'learner');
}

/** The herald is asked that these form the order. @returns whether there was one to ask */
export function target(world: SmallWorld, voters: readonly string[], learners: readonly string[] = []): boolean {
  const herald = world.herald();
  const order = herald === undefined ? undefined : orderOf(herald)?.order;
  if (herald === undefined || order === undefined) return false;
  const participants = (names: readonly string[]): readonly Participant[] =>
    names.map((name) => ({ radiant: world.tab(name).id, device: world.tab(name).connection.device }));
  world.event(herald.name, {
    kind: 'change-members',
    order,
    voters: participants(voters),
    learners: participants(learners),
  });
  return true;
}

/** Whether the herald has come to its latest target, and these are who votes and follows. */
export function areMembers(world: SmallWorld, voters: readonly string[], learners: readonly string[] = []): boolean {
  const herald = world.herald();
  if (herald === undefined || orderOf(herald)?.replica?.target.isReached !== true) return false;
  return isSame(votersOf(world, herald), voters) && isSame(learnersOf(world, herald), learners);
}

/** Asks, again where a herald was lost, until these form the order. */
export function change(world: SmallWorld, voters: readonly string[], learners: readonly string[] = []): void {
  let askedMs = Number.NEGATIVE_INFINITY;
  world.until(() => {
    if (areMembers(world, voters, learners)) return true;
    if (world.nowMs - askedMs >= 2_000 && target(world, voters, learners)) askedMs = world.nowMs;
    return false;
  }, 60_000);
}

function namesOf(world: SmallWorld, tab: Tab, memberKind: 'voter' | 'learner'): readonly string[] {
  const members = orderOf(tab)?.members.filter((member) => member.memberKind === memberKind) ?? [];
  return members.map(({ radiant }) => [...world.tabs.values()].find(({ id }) => id === radiant)?.name ?? radiant);
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name) => others.includes(name));
}
