/**
 * How much a configuration can still take. Two things have to fit into every one that stands, or the cluster could not
 * change any more: other members in the place of these, and shards on their way from one order to another.
 */
import { encodeConfiguration } from '../wire/configuration/configuration-codec.ts';
import type { Configuration, ConfigurationChange, Order } from '../wire/configuration/configuration.ts';
import type { RadiantId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { withChange } from './configuration-change.ts';
import { participantsOf, slotCountOf } from './configuration.ts';

/** Bytes for more radiants and shards, beside what has to go on; negative: there is none for them. */
export function roomIn(configuration: Configuration): number {
  const { configurationBytes, configurationReserveBytes } = LIMITS;
  const untold = configuration.orders.reduce((bytes, order) => bytes + untoldEpochBytes(order), 0);
  return configurationBytes - configurationReserveBytes - encodeConfiguration(configuration).length - untold;
}

/** Nothing is decided that no configuration could say. */
export function isSmallEnough(configuration: Configuration, change: ConfigurationChange): boolean {
  return bytesAfter(configuration, change) <= LIMITS.configurationBytes;
}

/**
 * About as much of what is to be done in steps as fits: beside the reserve, or into it where not even one fits beside it.
 * @param count how many there are to do, at least one
 * @param changeOf the change that does so many of them
 * @returns undefined: there is no room for any
 */
export function asMuchAsFits(
  configuration: Configuration,
  count: number,
  changeOf: (count: number) => ConfigurationChange,
): ConfigurationChange | undefined {
  const { configurationBytes, configurationReserveBytes } = LIMITS;
  const besideReserve = configurationBytes - configurationReserveBytes;
  const all = changeOf(count);
  const allBytes = bytesAfter(configuration, all);
  if (allBytes <= besideReserve) return all;
  let fitting = changeOf(1);
  const oneBytes = bytesAfter(configuration, fitting);
  if (oneBytes > configurationBytes) return undefined;
  const mostBytes = oneBytes <= besideReserve ? besideReserve : configurationBytes;
  if (allBytes <= mostBytes) return all;
  // So many fit, and so many do not. What a few more would save in steps is not worth finding out.
  let [few, many] = [1, count];
  while (many - few > Math.max(1, few >>> 4)) {
    const middle = (few + many) >>> 1;
    const change = changeOf(middle);
    if (bytesAfter(configuration, change) <= mostBytes) [few, fitting] = [middle, change];
    else many = middle;
  }
  return fitting;
}

function bytesAfter(configuration: Configuration, change: ConfigurationChange): number {
  return encodeConfiguration(withChange(configuration, change)).length;
}

/** One epoch is written for all shards of an order while it is the same: the first shard that moves makes it one for each. */
function untoldEpochBytes({ shards }: Order): number {
  const [one] = shards;
  if (one === undefined || shards.some(({ epoch }) => epoch !== one.epoch)) return 0;
  return (shards.length - 1) * varintBytes(one.epoch);
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let left = value; left >= 128; left = Math.floor(left / 128)) bytes++;
  return bytes;
}

/** Which of these orders is to make room; undefined: there is enough of it, or nobody has left. */
export function orderToRenew(configuration: Configuration, orders: readonly Order[]): Order | undefined {
  const { renewalBytes, renewalSlackBytes } = LIMITS;
  const room = roomIn(configuration);
  if (room >= renewalBytes + renewalSlackBytes) return undefined;
  const present = new Set(participantsOf(configuration).map(({ radiant }) => radiant));
  const [most] = orders
    .map((order) => ({ order, strangers: goneFirstVoters(order, present) }))
    // One that has begun to end goes on with it, though what is on its way takes a little more room, or less.
    .filter(({ order, strangers }) => strangers > 0 && (order.isDissolving || room < renewalBytes))
    .sort(
      (one, other) =>
        Number(other.order.isDissolving) - Number(one.order.isDissolving) ||
        other.strangers - one.strangers ||
        slotCountOf(one.order) - slotCountOf(other.order) ||
        (one.order.id < other.order.id ? -1 : 1),
    );
  return most?.order;
}

function goneFirstVoters({ firstVoters }: Order, present: ReadonlySet<RadiantId>): number {
  return firstVoters.filter(({ radiant }) => !present.has(radiant)).length;
}
