/** Look-ups in a configuration, and its validation. */
import type {
  Configuration,
  ConfigurationHeader,
  CreationRecord,
  Order,
  OrderMember,
  Participant,
  Shard,
  ShardRange,
} from '../wire/configuration/configuration.ts';
import { encodeConfiguration } from '../wire/configuration/configuration-codec.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import { type OrderId, type RadiantId, SLOT_COUNT, type Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';

/** A shard with the order that serves it or receives it. */
export interface Assignment {
  readonly order: Order;
  readonly shard: Shard;
}

export function assignmentOfSlot(configuration: Configuration, slot: Slot): Assignment | undefined {
  const all = assignments(configuration);
  let from = 0;
  let to = all.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const assignment = all[middle];
    if (assignment !== undefined && assignment.shard.last < slot) from = middle + 1;
    else to = middle;
  }
  const found = all[from];
  return found !== undefined && found.shard.first <= slot ? found : undefined;
}

/** Cache of `assignments` by configuration, since every request looks up a slot. */
const ASSIGNMENTS = new WeakMap<Configuration, readonly Assignment[]>();

/** All shards, sorted by slot. */
export function assignments(configuration: Configuration): readonly Assignment[] {
  const known = ASSIGNMENTS.get(configuration);
  if (known !== undefined) return known;
  const found = configuration.orders
    .flatMap((order) => order.shards.map((shard): Assignment => ({ order, shard })))
    .sort((one, other) => one.shard.first - other.shard.first);
  ASSIGNMENTS.set(configuration, found);
  return found;
}

export function movesOf(configuration: Configuration): readonly Assignment[] {
  return assignments(configuration).filter(({ shard }) => shard.source !== undefined);
}

export function slotCountOf({ shards }: Pick<Order, 'shards'>): number {
  return shards.reduce((count, { first, last }) => count + last - first + 1, 0);
}

export function orderById(configuration: Configuration, order: OrderId): Order | undefined {
  return configuration.orders.find(({ id }) => id === order);
}

/** All consensus groups: the orders and the bondsmith's order, which serves no shards. */
export function groupsOf(configuration: Configuration): readonly CreationRecord[] {
  const { orders, bondsmith } = configuration;
  return [...orders, bondsmith];
}

export function groupById(configuration: Configuration, group: OrderId): CreationRecord | undefined {
  return configuration.bondsmith.id === group ? configuration.bondsmith : orderById(configuration, group);
}

/** The order that a radiant should be a member of. Undefined if the radiant is not in the cluster. */
export function orderOfRadiant(configuration: Configuration, radiant: RadiantId): Order | undefined {
  return configuration.orders.find((order) => membersOf(order).some((member) => member.radiant === radiant));
}

/** All members of an order, voters first. */
export function membersOf({ members }: Pick<Order, 'members'>): readonly Participant[] {
  return [...members.voters, ...members.learners];
}

export function participantsOf(configuration: Configuration): readonly Participant[] {
  return configuration.orders.flatMap(membersOf);
}

/** The radiant's entry among the first voters of a group. */
export function memberOfRadiant(group: CreationRecord, radiant: RadiantId): OrderMember | undefined {
  return group.firstVoters.find((member) => member.radiant === radiant);
}

export function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

export function headerOf(configuration: Configuration): ConfigurationHeader {
  const { cluster, generation, algorithm, stateMachine, replicationFactor, wantedOrders, bondsmith } = configuration;
  return { cluster, generation, algorithm, stateMachine, replicationFactor, wantedOrders, bondsmith };
}

/** The state of the bondsmith's order before the founding. No other code sees configuration 0. */
export function unfounded(header: ConfigurationHeader): Configuration {
  return { ...header, number: 0, orders: [] };
}

/**
 * Checks a configuration from outside.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` with the fault
 */
export function validateConfiguration(configuration: Configuration): void {
  const fault = configurationFault(configuration);
  if (fault !== undefined) throw new InvalidArgumentError(`this configuration is invalid: ${fault}`);
}

/** The reason why a configuration is invalid. Undefined if it is valid. */
export function configurationFault(configuration: Configuration): string | undefined {
  const { number, algorithm, stateMachine, orders, replicationFactor, wantedOrders = 1 } = configuration;
  if (number < 1) return 'configurations are numbered from 1';
  if (algorithm === '' || stateMachine === '') return 'it names no algorithm or state machine';
  if (replicationFactor < 1 || replicationFactor > LIMITS.configuration.orderMembers)
    return 'its replication factor is out of range';
  if (wantedOrders < 1 || wantedOrders > LIMITS.configuration.orders)
    return 'its wanted number of orders is out of range';
  if (orders.length === 0) return 'it has no order';
  if (orders.length > LIMITS.configuration.orders) return 'it has too many orders';
  if (!isDistinct(groupsOf(configuration).map(({ id }) => id))) return 'an order is in it twice';
  for (const group of groupsOf(configuration)) {
    const fault = birthFault(group);
    if (fault !== undefined) return fault;
  }
  const fault = shardsFault(configuration) ?? membersFault(configuration);
  if (fault !== undefined) return fault;
  const bytes = encodeConfiguration(configuration).length;
  return bytes > LIMITS.configuration.configurationBytes
    ? `it has ${bytes} bytes, the limit is ${LIMITS.configuration.configurationBytes}`
    : undefined;
}

function birthFault({ firstVoters }: CreationRecord): string | undefined {
  const { length } = firstVoters;
  if (length < 1 || length > LIMITS.configuration.orderMembers) return 'an order has too few or too many voters';
  if (!isDistinct(firstVoters.map(({ radiant }) => radiant))) return 'a radiant is in an order twice';
  return isDistinct(firstVoters.map(({ replica }) => replica)) ? undefined : 'a replica id is in an order twice';
}

function membersFault(configuration: Configuration): string | undefined {
  for (const { members } of configuration.orders) {
    if (members.voters.length % 2 === 0) return 'an order has an even number of voters';
    if (members.voters.length > configuration.replicationFactor) return 'an order has more voters than it should';
    if (members.voters.length + members.learners.length > LIMITS.configuration.orderMembers)
      return 'an order has too many members';
    if (members.number < 1 || members.number > configuration.number) return 'members of a later configuration';
  }
  const everyone = participantsOf(configuration);
  if (everyone.length > LIMITS.configuration.radiants) return 'it has too many radiants';
  return isDistinct(everyone.map(({ radiant }) => radiant)) ? undefined : 'a radiant is in two places';
}

/** Checks that every slot belongs to exactly one shard, and that a moving shard comes from another known order. */
function shardsFault(configuration: Configuration): string | undefined {
  const orders = new Set(configuration.orders.map(({ id }) => id));
  let next = 0;
  for (const { order, shard } of assignments(configuration)) {
    if (shard.first !== next || shard.last < shard.first) return 'its shards leave a gap or overlap';
    if (shard.source === order.id) return 'a shard comes from the order that it is at';
    if (shard.source !== undefined && !orders.has(shard.source)) return 'a shard comes from an unknown order';
    next = shard.last + 1;
  }
  if (next !== SLOT_COUNT) return 'its shards leave the end of the ring out';
  return configuration.orders.some(({ shards }) => shards.length > LIMITS.configuration.shards)
    ? 'too many shards'
    : undefined;
}

function isDistinct(items: readonly unknown[]): boolean {
  return new Set(items).size === items.length;
}

export function isSameShard(one: ShardRange, other: ShardRange): boolean {
  return one.first === other.first && one.last === other.last && one.epoch === other.epoch;
}
