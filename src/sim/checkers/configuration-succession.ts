/** What any configuration must be, and how it may differ from the one before it. */
import type { Order, Shard } from '../../wire/configuration.ts';
import { type OrderId, type RadiantId, shortId, SLOT_COUNT } from '../../wire/identifiers.ts';
import { check } from '../violation.ts';

/** A shard with the order that is to serve it. */
interface Owned {
  readonly order: OrderId;
  readonly shard: Shard;
}

export function checkSuccession(number: number, before: readonly Order[] | undefined, after: readonly Order[]): void {
  const slots = slotsOf(number, after);
  checkMembers(number, after);
  if (before !== undefined) checkMoves(number, slotsOf(number - 1, before), slots, before, after);
}

/** Every slot has one owner. */
function slotsOf(number: number, orders: readonly Order[]): readonly Owned[] {
  const slots: Owned[] = [];
  for (const order of orders) {
    for (const shard of order.shards) {
      for (let slot: number = shard.first; slot <= shard.last; slot++) {
        const other = slots[slot];
        check(
          other === undefined,
          'a configuration gives every slot to one order',
          () => `in ${number} slot ${slot} goes to ${other?.order} and to ${order.id}`,
        );
        slots[slot] = { order: order.id, shard };
      }
    }
  }
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    check(
      slots[slot] !== undefined,
      'a configuration gives every slot to one order',
      () => `in ${number} slot ${slot} goes to nobody`,
    );
  }
  return slots;
}

/** Everyone has one place, and voters are an odd number. */
function checkMembers(number: number, orders: readonly Order[]): void {
  const seen = new Set<RadiantId>();
  for (const { id, members } of orders) {
    check(
      members.voters.length % 2 === 1,
      'voters are an odd number',
      () => `in ${number} ${shortId(id)} is to have ${members.voters.length}`,
    );
    for (const { radiant } of [...members.voters, ...members.learners]) {
      check(!seen.has(radiant), 'everyone has one place', () => `in ${number} ${radiant} has two`);
      seen.add(radiant);
    }
  }
}

/** Slots change hands with a new epoch, from who has them whole; and who takes them is told where they are. */
function checkMoves(
  number: number,
  before: readonly Owned[],
  after: readonly Owned[],
  ordersBefore: readonly Order[],
  ordersAfter: readonly Order[],
): void {
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const [was, is] = [before[slot], after[slot]];
    if (was === undefined || is === undefined || was.shard === is.shard) continue;
    const isMoved = was.order !== is.order;
    check(
      isMoved ? is.shard.epoch > was.shard.epoch : is.shard.epoch >= was.shard.epoch,
      'epochs only grow',
      () => `in ${number} slot ${slot} has epoch ${is.shard.epoch}, after ${was.shard.epoch}`,
    );
    check(
      !isMoved || (was.shard.source === undefined && is.shard.source === was.order),
      'one transition of a shard at a time',
      () => `in ${number} slot ${slot} goes to ${shortId(is.order)} while it is on its way to ${shortId(was.order)}`,
    );
  }
  for (const { id, firstVoters } of ordersBefore) {
    const now = ordersAfter.find((order) => order.id === id);
    check(
      now === undefined || JSON.stringify(now.firstVoters) === JSON.stringify(firstVoters),
      'an order is born once',
      () => `in ${number} ${shortId(id)} was born otherwise`,
    );
    check(
      now !== undefined || !ordersAfter.some(({ shards }) => shards.some(({ source }) => source === id)),
      'an order ends when it has nothing left',
      () => `in ${number} ${shortId(id)} is gone, and a shard is still to come from it`,
    );
  }
}
