/** Radiants, orders and configurations for the tests of this folder. */
import { configurationFault } from '../../src/cluster/configuration.ts';
import type { ClusterFacts } from '../../src/cluster/cluster-facts.ts';
import { foundingConfiguration } from '../../src/cluster/formation.ts';
import { assert } from '../../src/wire/assertion.ts';
import { encodeConfiguration } from '../../src/wire/configuration/configuration-codec.ts';
import type { Configuration, Participant } from '../../src/wire/configuration/configuration.ts';
import {
  type ClusterId,
  type DeviceId,
  type OrderId,
  parseId,
  type RadiantId,
  type RandomId,
  SLOT_COUNT,
} from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';

/** An id that looks random: each of its bits depends on the number. */
function drawn<Id extends RandomId>(kind: string, number: number): Id {
  let state = number + 1;
  const digit = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return (state >>> 28).toString(16);
  };
  return parseId<Id>(kind + Array.from({ length: 31 }, digit).join(''));
}

export const radiant = (number: number) => drawn<RadiantId>('a', number);
export const device = (number: number) => drawn<DeviceId>('d', number);
export const order = (number: number) => drawn<OrderId>('0', number);
export const CLUSTER = drawn<ClusterId>('c', 0);
export const participant = (number: number, home = number): Participant => ({
  radiant: radiant(number),
  device: device(home),
});

/** Mints the ids of orders 0, 1 and so on. The bondsmith's order of a founding gets id 0. */
export function mint(first = 0): () => OrderId {
  let next = first;
  return () => order(next++);
}

export interface FoundingPreference {
  readonly radiants: number;
  readonly replicationFactor?: number;
  readonly orders?: number | undefined;
  readonly shards?: number;
  /** Number of radiants on one device. Default 1. */
  readonly perDevice?: number;
}

/** Configuration 1 of a founded cluster. */
export function founded(target: FoundingPreference): Configuration {
  const { radiants, replicationFactor = 3, orders, shards, perDevice = 1 } = target;
  const beacons = Array.from({ length: radiants }, (_, at) => participant(at, Math.floor(at / perDevice)));
  const names = { algorithm: 'raft', stateMachine: 'key-value' };
  const terms = { cluster: CLUSTER, ...names, replicationFactor, orders, shards, mintOrder: mint() };
  return foundingConfiguration(terms, radiant(0), beacons);
}

export const bytesOf = (configuration: Configuration) => encodeConfiguration(configuration).length;

/** The configuration with higher epochs, so that it takes up to `bytes` bytes. Large epochs arise from many moves. */
export function grownTo(configuration: Configuration, bytes: number): Configuration {
  const older = (count: number): Configuration => {
    let left = count;
    const orders = configuration.orders.map((order) => {
      return {
        ...order,
        shards: order.shards.map((one) => ({ ...one, epoch: (left-- > 0 ? 300 : 1) + (left & 1) })),
      };
    });
    return { ...configuration, orders };
  };
  let missing = bytes - bytesOf(older(0));
  assert(missing >= 0 && missing <= SLOT_COUNT, 'it is not larger, and can become so');
  // The length fields of the epoch lists may have grown as well.
  while (bytesOf(older(missing)) > bytes) missing--;
  const grown = older(missing);
  assert(bytesOf(grown) > bytes - 3 && configurationFault(grown) === undefined, 'it has become so large');
  return grown;
}

/** Facts in which every order has a quorum and has reached its target. Nothing is known of the radiants. */
export function ableOrders({ orders }: Configuration): ClusterFacts {
  const facts = { herald: undefined, hasQuorum: true, voting: undefined, isSettled: true };
  return { radiants: new Map(), orders: new Map(orders.map(({ id }) => [id, facts])), times: TIMES.membership };
}
