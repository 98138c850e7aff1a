/**
 * Measures the free bytes of a configuration. Every configuration keeps a reserve to replace members and to move
 * shards. Without the reserve, a full configuration could not change again.
 */
import { encodeConfiguration } from '../wire/configuration/configuration-codec.ts';
import type { Configuration, ConfigurationChange, Order } from '../wire/configuration/configuration.ts';
import type { RadiantId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { withChange } from './configuration-change.ts';
import { participantsOf, slotCountOf } from './configuration.ts';

/** Bytes that are free for more radiants and shards, without the reserve. Negative if the reserve is in use. */
export function roomIn(configuration: Configuration): number {
  const { configurationBytes, configurationReserveBytes } = LIMITS.configuration;
  const untold = configuration.orders.reduce((bytes, order) => bytes + untoldEpochBytes(order), 0);
  return configurationBytes - configurationReserveBytes - encodeConfiguration(configuration).length - untold;
}

export function isSmallEnough(configuration: Configuration, change: ConfigurationChange): boolean {
  return bytesAfter(configuration, change) <= LIMITS.configuration.configurationBytes;
}

/**
 * Plans as many steps as fit without using the reserve. If not even one step fits, uses the reserve.
 * @param count number of steps, at least one
 * @param changeOf returns the change that takes the given number of steps
 * @returns undefined if no step fits
 */
export function asMuchAsFits(
  configuration: Configuration,
  count: number,
  changeOf: (count: number) => ConfigurationChange,
): ConfigurationChange | undefined {
  const { configurationBytes, configurationReserveBytes } = LIMITS.configuration;
  const besideReserve = configurationBytes - configurationReserveBytes;
  const all = changeOf(count);
  const allBytes = bytesAfter(configuration, all);
  if (allBytes <= besideReserve) return all;
  let fitting = changeOf(1);
  const oneBytes = bytesAfter(configuration, fitting);
  if (oneBytes > configurationBytes) return undefined;
  const mostBytes = oneBytes <= besideReserve ? besideReserve : configurationBytes;
  if (allBytes <= mostBytes) return all;
  // The binary search stops early. A few more steps are not worth the additional encodings.
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

/**
 * Bytes that the order's encoding grows by when its first shard moves. An order encodes one epoch while all its shards
 * share it, and one epoch for each shard afterwards.
 */
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

/**
 * The order that should be dissolved to free bytes. Undefined if enough bytes are free or every first voter is still a
 * member.
 */
export function orderToRenew(configuration: Configuration, orders: readonly Order[]): Order | undefined {
  const { renewalBytes, renewalSlackBytes } = LIMITS.configuration;
  const room = roomIn(configuration);
  if (room >= renewalBytes + renewalSlackBytes) return undefined;
  const present = new Set(participantsOf(configuration).map(({ radiant }) => radiant));
  const [most] = orders
    .map((order) => ({ order, strangers: goneFirstVoters(order, present) }))
    // A dissolution that has begun continues, although moving shards change the free bytes a little.
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
