/**
 * Creates configuration 1 (design, rules 1 and 12). The founder collects beacons of durable radiants and decides once.
 * The sequence of the beacons does not matter.
 */
import { assert } from '../wire/assertion.ts';
import type {
  Configuration,
  Order,
  OrderMember,
  Participant,
  ShardRange,
} from '../wire/configuration/configuration.ts';
import {
  type ClusterId,
  type DeviceId,
  type OrderId,
  type RadiantId,
  SLOT_COUNT,
  asReplicaId,
  asSlot,
} from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { roomIn } from './configuration-size.ts';
import { largestOdd } from './voters.ts';

export interface Beacon {
  readonly radiant: RadiantId;
  readonly device: DeviceId;
}

interface FoundingTerms {
  readonly cluster: ClusterId;
  readonly algorithm: string;
  readonly stateMachine: string;
  readonly replicationFactor: number;
  /** Number of orders. Undefined forms as many orders as can be full. */
  readonly orders: number | undefined;
  /**
   * Number of shards, at least one for each order. It is halved until the configuration has room for the radiants.
   * Default `LIMITS.configuration.foundingShards`.
   */
  readonly shards: number | undefined;
  readonly mintOrder: () => OrderId;
}

/** The number of orders that the given number of radiants forms. */
export function numberOfOrders(radiants: number, replicationFactor: number, wantedOrders: number | undefined): number {
  const wanted = wantedOrders ?? Math.floor(radiants / replicationFactor);
  return Math.max(1, Math.min(wanted, radiants, LIMITS.configuration.orders));
}

/**
 * Creates configuration 1 from the beacons of the founding window. One radiant is enough. Radiants of one device join
 * different orders if possible.
 * @param beacons at least one; the founder votes if it is among them
 */
export function foundingConfiguration(
  terms: FoundingTerms,
  founder: RadiantId,
  beacons: readonly Beacon[],
): Configuration {
  const present = distinctByRank(founder, beacons);
  assert(present.length > 0, 'a founding has at least one radiant');
  const { replicationFactor } = terms;
  const count = numberOfOrders(present.length, replicationFactor, terms.orders);
  const hands = dealt(present, founder, count).map((hand) => split(hand, replicationFactor));
  const bondsmith = {
    id: terms.mintOrder(),
    firstVoters: numbered(firstSeats(hands, replicationFactor)),
    firstShards: [],
  };
  const ids = hands.map(() => terms.mintOrder());
  const dividedInto = (shards: readonly ShardRange[]): Configuration => {
    const orders = hands.map(({ voters, learners }, at): Order => {
      const id = ids[at];
      assert(id !== undefined, 'an id for each order');
      const from = Math.floor((at * shards.length) / count);
      const served = shards.slice(from, Math.floor(((at + 1) * shards.length) / count));
      return {
        id,
        firstVoters: numbered(voters),
        firstShards: [merged(served)],
        members: { number: 1, voters, learners },
        shards: served.map((shard) => ({ ...shard, source: undefined })),
        isDissolving: false,
      };
    });
    return { ...headerTerms(terms), wantedOrders: terms.orders, bondsmith, orders };
  };
  let shardCount = Math.max(count, terms.shards ?? LIMITS.configuration.foundingShards);
  let founded = dividedInto(evenShards(shardCount));
  while (roomIn(founded) < 0 && shardCount > count) {
    shardCount = Math.max(count, Math.floor(shardCount / 2));
    founded = dividedInto(evenShards(shardCount));
  }
  return founded;
}

function headerTerms(terms: Pick<FoundingTerms, 'cluster' | 'algorithm' | 'stateMachine' | 'replicationFactor'>) {
  const { cluster, algorithm, stateMachine, replicationFactor } = terms;
  return { cluster, generation: 0, number: 1, algorithm, stateMachine, replicationFactor } as const;
}

/** Returns each radiant once, the founder first and the others by id. */
function distinctByRank(founder: RadiantId, beacons: readonly Beacon[]): Beacon[] {
  const distinct = [...new Map(beacons.map((beacon) => [beacon.radiant, beacon])).values()];
  const rank = ({ radiant }: Beacon) => (radiant === founder ? '' : radiant);
  return distinct.sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

/**
 * Deals radiants to orders device by device, the founder's device first. The sizes of the orders differ by at most one.
 */
function dealt(present: readonly Beacon[], founder: RadiantId, count: number): readonly (readonly Beacon[])[] {
  const own = present.find(({ radiant }) => radiant === founder)?.device;
  const rank = ({ device }: Beacon) => (device === own ? '' : device);
  // The sort is stable, so the radiants of one device keep their ranks.
  const inTurn = present.toSorted((one, other) => (rank(one) === rank(other) ? 0 : rank(one) < rank(other) ? -1 : 1));
  return Array.from({ length: count }, (_, order) => inTurn.filter((_beacon, at) => at % count === order));
}

/** Divides the radiants of one order into voters and learners. The number of voters is the largest possible odd one. */
function split(hand: readonly Beacon[], replicationFactor: number) {
  const voters = spread(hand, largestOdd(Math.min(replicationFactor, hand.length)));
  const learners = hand.filter((beacon) => !voters.includes(beacon));
  return { voters: voters.map(participantOf), learners: learners.map(participantOf) };
}

/** Picks the first voters of the bondsmith's order from as many orders and devices as possible. */
function firstSeats(hands: readonly { readonly voters: readonly Participant[] }[], replicationFactor: number) {
  const rounds = Array.from({ length: replicationFactor }, (_, at) => hands.flatMap(({ voters }) => voters[at] ?? []));
  const candidates = rounds.flat();
  return spread(candidates, largestOdd(Math.min(replicationFactor, candidates.length)));
}

/** Picks candidates one by one. Each pick comes from the device with the fewest picks. */
function spread<Candidate extends Participant>(candidates: readonly Candidate[], count: number): readonly Candidate[] {
  const left = [...candidates];
  const chosen: Candidate[] = [];
  while (chosen.length < count) {
    const uses = ({ device }: Candidate) => chosen.filter((one) => one.device === device).length;
    const next = left.reduce((least, candidate) => (uses(candidate) < uses(least) ? candidate : least));
    chosen.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return chosen;
}

/** Divides the ring into shards whose sizes differ by at most one slot. */
function evenShards(count: number): readonly ShardRange[] {
  const parts = Math.min(count, SLOT_COUNT);
  const bound = (at: number) => Math.floor((at * SLOT_COUNT) / parts);
  return Array.from({ length: parts }, (_, at) => {
    return { first: asSlot(bound(at)), last: asSlot(bound(at + 1) - 1), epoch: 1 };
  });
}

function merged(shards: readonly ShardRange[]): ShardRange {
  const [first] = shards;
  const last = shards.at(-1);
  assert(first !== undefined && last !== undefined, 'every order of a founding serves a shard');
  return { first: first.first, last: last.last, epoch: first.epoch };
}

function numbered(voters: readonly Participant[]): readonly OrderMember[] {
  return voters.map(({ radiant, device }, at) => ({ radiant, device, replica: asReplicaId(at + 1) }));
}

function participantOf({ radiant, device }: Beacon): Participant {
  return { radiant, device };
}
