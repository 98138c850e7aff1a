/** Rules for each configuration, and for the change from one configuration to the next. */
import type { Order, Shard } from '../../../wire/configuration/configuration.ts';
import { type OrderId, type RadiantId, shortId, SLOT_COUNT } from '../../../wire/identifiers.ts';
import { check } from '../../violation.ts';

/** A shard with the order that the configuration assigns it to. */
interface Owned {
  readonly order: OrderId;
  readonly shard: Shard;
}

export function checkConfigurationAdoption(
  number: number,
  before: readonly Order[] | undefined,
  after: readonly Order[],
): void {
  const owned = ownedIn(number, after);
  checkMembers(number, after);
  if (before !== undefined) checkMoves(number, ownedIn(number - 1, before), owned, before, after);
}

/** All shards in slot order. Checks that together they cover the ring, and that every slot has one owner. */
function ownedIn(number: number, orders: readonly Order[]): readonly Owned[] {
  const owned = orders.flatMap(({ id, shards }) => shards.map((shard): Owned => ({ order: id, shard })));
  owned.sort((one, other) => one.shard.first - other.shard.first);
  let next = 0;
  let previous: Owned | undefined;
  for (const one of owned) {
    const { first, last } = one.shard;
    const [{ order: other }, slot] = [previous ?? one, first];
    check(
      first >= next && last >= first,
      'a configuration gives every slot to one order',
      () => `in configuration ${number} slot ${slot} goes to ${other} and to ${one.order}`,
    );
    isGiven(number, next, first);
    next = last + 1;
    previous = one;
  }
  isGiven(number, next, SLOT_COUNT);
  return owned;
}

function isGiven(number: number, slot: number, next: number): void {
  check(
    slot === next,
    'a configuration gives every slot to one order',
    () => `in configuration ${number} slot ${slot} belongs to no order`,
  );
}

/** Checks that every radiant has one place, and that each order has an odd number of voters. */
function checkMembers(number: number, orders: readonly Order[]): void {
  const seen = new Set<RadiantId>();
  for (const { id, members } of orders) {
    check(
      members.voters.length % 2 === 1,
      'voters are an odd number',
      () => `in configuration ${number} ${shortId(id)} has ${members.voters.length} voters`,
    );
    for (const { radiant } of [...members.voters, ...members.learners]) {
      check(!seen.has(radiant), 'everyone has one place', () => `in configuration ${number} ${radiant} has two`);
      seen.add(radiant);
    }
  }
}

/**
 * Checks every slot that changes its owner. The slot gets a new epoch, its former owner held all of its data, and the
 * new shard names that order.
 */
function checkMoves(
  number: number,
  before: readonly Owned[],
  after: readonly Owned[],
  ordersBefore: readonly Order[],
  ordersAfter: readonly Order[],
): void {
  for (const { slot, was, is } of stretchesOf(before, after)) {
    if (was.shard === is.shard) continue;
    const isMoved = was.order !== is.order;
    check(
      isMoved ? is.shard.epoch > was.shard.epoch : is.shard.epoch >= was.shard.epoch,
      'epochs only grow',
      () => `in configuration ${number} slot ${slot} has epoch ${is.shard.epoch}, after ${was.shard.epoch}`,
    );
    check(
      !isMoved || (was.shard.source === undefined && is.shard.source === was.order),
      'one transition of a shard at a time',
      () =>
        `in configuration ${number} slot ${slot} goes to ${shortId(is.order)} while it is on its way to ${shortId(was.order)}`,
    );
  }
  for (const { id, firstVoters } of ordersBefore) {
    const now = ordersAfter.find((order) => order.id === id);
    check(
      now === undefined || JSON.stringify(now.firstVoters) === JSON.stringify(firstVoters),
      'an order is born once',
      () => `in configuration ${number} ${shortId(id)} has another creation record`,
    );
    check(
      now !== undefined || !ordersAfter.some(({ shards }) => shards.some(({ source }) => source === id)),
      'an order ends only when it has no shard left',
      () => `in configuration ${number} ${shortId(id)} is removed, and one of its shards has not moved yet`,
    );
  }
}

/** Ranges of the ring that lie in one shard of each configuration, with their first slots. */
function* stretchesOf(
  before: readonly Owned[],
  after: readonly Owned[],
): Generator<{ readonly slot: number; readonly was: Owned; readonly is: Owned }> {
  let [atBefore, atAfter, slot] = [0, 0, 0];
  for (;;) {
    const [was, is] = [before[atBefore], after[atAfter]];
    if (was === undefined || is === undefined) return;
    yield { slot, was, is };
    slot = Math.min(was.shard.last, is.shard.last) + 1;
    if (was.shard.last < slot) atBefore++;
    if (is.shard.last < slot) atAfter++;
  }
}
