import { assert } from '../wire/assertion.ts';
import type { Configuration, ConfigurationChange, Order, Participant } from '../wire/configuration/configuration.ts';
import type { OrderId } from '../wire/identifiers.ts';
import { type Assignment, assignments, configurationFault, isSameShard } from './configuration.ts';

/** Applies a change. Throws if `changeFault` finds a fault. */
export function changed(configuration: Configuration, change: ConfigurationChange): Configuration {
  const fault = changeFault(configuration, change);
  assert(fault === undefined, `the change of configuration ${configuration.number} is invalid: ${fault}`);
  return withChange(configuration, change);
}

export function withChange(configuration: Configuration, change: ConfigurationChange): Configuration {
  const orders = new Map(configuration.orders.map((order) => [order.id, order]));
  putChange(orders, change);
  return { ...configuration, number: configuration.number + 1, orders: [...orders.values()] };
}

/**
 * Applies a change to the orders in place. Existing orders keep their positions in the map, and new orders come last.
 */
export function putChange(orders: Map<OrderId, Order>, change: ConfigurationChange): void {
  for (const order of change.orders) orders.set(order.id, order);
  for (const removed of change.removed) orders.delete(removed);
}

/**
 * Returns the difference between two lists of orders. An order counts as unchanged if both lists hold the same object.
 */
export function changeBetween(before: readonly Order[], after: readonly Order[]): ConfigurationChange {
  const same = new Set(before);
  const left = new Set(after.map(({ id }) => id));
  return {
    orders: after.filter((order) => !same.has(order)),
    removed: before.flatMap(({ id }) => (left.has(id) ? [] : [id])),
  };
}

/** Returns the reason why the change cannot follow on the configuration. Undefined if it can. */
export function changeFault(configuration: Configuration, change: ConfigurationChange): string | undefined {
  const before = new Map(configuration.orders.map((order) => [order.id, order]));
  if (change.removed.some((id) => !before.has(id))) return 'it removes an unknown order';
  const next = withChange(configuration, change);
  for (const order of change.orders) {
    const fault = orderFault(before.get(order.id), order, next.number);
    if (fault !== undefined) return fault;
  }
  const fault = configurationFault(next);
  if (fault !== undefined) return fault;
  return configuration.number === 0 ? foundingFault(next) : handoverFault(configuration, next);
}

function orderFault(before: Order | undefined, after: Order, number: number): string | undefined {
  if (before === undefined) return after.members.number === number ? undefined : 'members of another configuration';
  if (!isSameBirth(before, after)) return 'an order cannot be born in another way afterwards';
  if (after.members.number === number) return undefined;
  const isUntouched =
    after.members.number === before.members.number &&
    isSameList(before.members.voters, after.members.voters) &&
    isSameList(before.members.learners, after.members.learners);
  return isUntouched ? undefined : 'members of another configuration';
}

/**
 * Checks that each order of configuration 1 serves shards within its first shards. The log of a founding order begins
 * with its first shards.
 */
function foundingFault(founded: Configuration): string | undefined {
  for (const { shards, firstShards } of founded.orders) {
    const isServed = shards.every(({ first, last, epoch, source }) => {
      const range = firstShards.find((held) => held.first <= first && last <= held.last);
      return source === undefined && range?.epoch === epoch;
    });
    if (!isServed) return 'an order of the founding does not serve its shards from its birth';
  }
  return undefined;
}

/**
 * Checks the handovers of the change (design, rule 10). A slot changes its order only with a higher epoch, and only
 * after its previous move has ended.
 */
function handoverFault(before: Configuration, after: Configuration): string | undefined {
  const old = assignments(before);
  let at = 0;
  for (const now of assignments(after)) {
    for (let then = old[at]; then !== undefined && then.shard.first <= now.shard.last; then = old[at]) {
      const fault = transitionFault(then, now);
      if (fault !== undefined) return fault;
      if (then.shard.last > now.shard.last) break;
      at++;
    }
  }
  return undefined;
}

function transitionFault(then: Assignment, now: Assignment): string | undefined {
  const { first, last } = now.shard;
  if (now.order.id !== then.order.id) {
    if (then.shard.source !== undefined) return `slots ${first} to ${last} move on before they have come`;
    if (now.shard.source !== then.order.id) return `slots ${first} to ${last} come from where they were not`;
    return now.shard.epoch > then.shard.epoch ? undefined : `slots ${first} to ${last} move without a new epoch`;
  }
  if (then.shard.source !== undefined) {
    const isSettled = now.shard.source === undefined || now.shard.source === then.shard.source;
    return isSettled && isSameShard(then.shard, now.shard)
      ? undefined
      : `slots ${first} to ${last} change on their way`;
  }
  if (now.shard.source !== undefined) return `slots ${first} to ${last} come from elsewhere, and were here`;
  // A part of a split shard keeps the epoch. Merged shards get an epoch that none of them had.
  return now.shard.epoch >= then.shard.epoch ? undefined : `slots ${first} to ${last} go back to an epoch`;
}

function isSameBirth(one: Order, other: Order): boolean {
  if (one.firstVoters === other.firstVoters && one.firstShards === other.firstShards) return true;
  return (
    isSameList(one.firstVoters, other.firstVoters) &&
    one.firstVoters.every(({ replica }, at) => replica === other.firstVoters[at]?.replica) &&
    one.firstShards.length === other.firstShards.length &&
    one.firstShards.every((shard, at) => {
      const counterpart = other.firstShards[at];
      return counterpart !== undefined && isSameShard(shard, counterpart);
    })
  );
}

function isSameList(one: readonly Participant[], other: readonly Participant[]): boolean {
  if (one.length !== other.length) return false;
  return one.every(({ radiant, device }, at) => radiant === other[at]?.radiant && device === other[at]?.device);
}
