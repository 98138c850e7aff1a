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

/** An id that is as it would be drawn: every bit of it depends on the number. */
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

/** Mints ids of orders one after another: 0 is the bondsmith's of the founding. */
export function mint(first = 0): () => OrderId {
  let next = first;
  return () => order(next++);
}

export interface FoundingPreference {
  readonly radiants: number;
  readonly replicationFactor?: number;
  readonly orders?: number | undefined;
  readonly shards?: number;
  /** Radiants of one device; default 1. */
  readonly perDevice?: number;
}

/** Configuration 1 of a cluster. */
export function founded(target: FoundingPreference): Configuration {
  const { radiants, replicationFactor = 3, orders, shards, perDevice = 1 } = target;
  const beacons = Array.from({ length: radiants }, (_, at) => participant(at, Math.floor(at / perDevice)));
  const names = { algorithm: 'raft', stateMachine: 'key-value' };
  const terms = { cluster: CLUSTER, ...names, replicationFactor, orders, shards, mintOrder: mint() };
  return foundingConfiguration(terms, radiant(0), beacons);
}

export const bytesOf = (configuration: Configuration) => encodeConfiguration(configuration).length;

/** A configuration of at most about so many bytes. Its shards had many owners, so their epochs take more bytes. */
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
  // The lengths of the lists of epochs may have grown, too.
  while (bytesOf(older(missing)) > bytes) missing--;
  const grown = older(missing);
  assert(bytesOf(grown) > bytes - 3 && configurationFault(grown) === undefined, 'it has become so large');
  return grown;
}

/** Every order can decide, and is done with what it was to become; nobody has been looked for. */
export function ableOrders({ orders }: Configuration): ClusterFacts {
  const facts = { herald: undefined, hasQuorum: true, voting: undefined, isSettled: true };
  return { radiants: new Map(), orders: new Map(orders.map(({ id }) => [id, facts])), times: TIMES.membership };
}
