/** Queries and steps for a small world with a founded cluster. */
import { orderOfRadiant } from '../../src/cluster/configuration.ts';
import type { ClientAdministration } from '../../src/client/contract.ts';
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import { isLed, type SmallWorld, type StartOptions, type Tab } from './small-world.ts';

export function living(world: SmallWorld): readonly Tab[] {
  return [...world.tabs.values()].filter(({ alive }) => alive);
}

export function configurationOf(tab: Tab): Configuration {
  const { formation } = tab.radiant.view();
  if (formation.kind !== 'formed') throw new Error(`${tab.name} knows no configuration`);
  return formation.configuration;
}

export function openBeside(world: SmallWorld, name: string, options: StartOptions = {}): Tab {
  const others = living(world);
  const tab = world.open(name, options);
  for (const other of others) world.link(name, other.name);
  return tab;
}

export function reopenBeside(world: SmallWorld, name: string): void {
  const others = living(world);
  world.reopen(name);
  for (const other of others) world.link(name, other.name);
}

/** The tab that leads the bondsmith's order, by its own view. */
export function bondsmithOf(world: SmallWorld): Tab | undefined {
  return living(world).find((tab) => tab.radiant.view().bondsmith?.replica?.role === 'leader');
}

export function belongs(world: SmallWorld, name: string): boolean {
  const { id } = world.tab(name);
  return living(world).every((tab) => {
    return tab.radiant.view().formation.kind === 'formed' && orderOfRadiant(configurationOf(tab), id) !== undefined;
  });
}

/** By order, as a tab knows them: the number of voters and of learners. */
export function sizesOf(tab: Tab): readonly (readonly [number, number])[] {
  return configurationOf(tab).orders.map(({ members }) => [members.voters.length, members.learners.length] as const);
}

/**
 * Whether all living tabs know the same configuration, every order has a herald and the configured members, and no
 * shard moves. The bondsmith's order is included.
 */
export function isAtRest(world: SmallWorld): boolean {
  const tabs = living(world);
  if (!tabs.every((tab) => tab.radiant.view().formation.kind === 'formed' && isLed(tab))) return false;
  const configurations = tabs.map(configurationOf);
  const [first] = configurations;
  if (first === undefined || configurations.some(({ number }) => number !== first.number)) return false;
  if (first.orders.some(({ shards }) => shards.some(({ source }) => source !== undefined))) return false;
  return first.orders.every(({ id, members }) => {
    const view = tabs.map((tab) => tab.radiant.view().orders.find(({ order }) => order === id));
    const herald = view.find((order) => order?.replica?.role === 'leader');
    if (herald?.replica?.target.isReached !== true) return false;
    const memberKind = (as: string) => herald.members.filter((member) => member.memberKind === as).length;
    return memberKind('voter') === members.voters.length && memberKind('learner') === members.learners.length;
  });
}

/** Advances virtual time until the condition holds. The condition is checked every 100 ms, since a check is slow. */
export function awaits(world: SmallWorld, condition: () => boolean, patienceMs = 60_000): void {
  const endMs = world.nowMs + patienceMs;
  while (!condition()) {
    if (world.nowMs >= endMs) throw new Error(`still not so after ${patienceMs} ms of virtual time`);
    world.run(100);
  }
}

export function administer(administration: ClientAdministration) {
  return { kind: 'administer', administration } as const;
}
