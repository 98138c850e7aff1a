/**
 * Founding (design, rules 1 and 12): who makes up the first orders. The founder collects beacons of radiants that can
 * remember, then mints configuration 1, once. The same beacons make the same configuration, in whichever order they came.
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

/** A radiant that is present and could become a first voter. */
export interface Beacon {
  readonly radiant: RadiantId;
  readonly device: DeviceId;
}

interface FoundingTerms {
  readonly cluster: ClusterId;
  readonly algorithm: string;
  readonly stateMachine: string;
  readonly replicationFactor: number;
  /** How many orders to form; undefined: as many as can be full. */
  readonly orders: number | undefined;
  /**
   * How many shards the ring is divided into, at least one for each order; fewer where so many radiants leave the
   * configuration no room for them. Default `LIMITS.foundingShards`.
   */
  readonly shards: number | undefined;
  /** A new random id for each order: called once for the bondsmith's, then for each other. */
  readonly mintOrder: () => OrderId;
}

/** How many orders so many radiants form. */
export function numberOfOrders(radiants: number, replicationFactor: number, wantedOrders: number | undefined): number {
  const wanted = wantedOrders ?? Math.floor(radiants / replicationFactor);
  return Math.max(1, Math.min(wanted, radiants, LIMITS.orders));
}

/**
 * Configuration 1, of the radiants that were heard within the founding window. One radiant is enough.
 * Radiants of one device go to different orders, and in an order to different seats, as far as that can be.
 * @param beacons at least one; the founder is a voter if it is among them
 */
export function foundingConfiguration(
  terms: FoundingTerms,
  founder: RadiantId,
  beacons: readonly Beacon[],
): Configuration {
  const present = distinctByRank(founder, beacons);
  assert(present.length > 0, 'nobody founds nothing');
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
  let shardCount = Math.max(count, terms.shards ?? LIMITS.foundingShards);
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

/** Each once: the founder first, the others by their ids. */
function distinctByRank(founder: RadiantId, beacons: readonly Beacon[]): Beacon[] {
  const distinct = [...new Map(beacons.map((beacon) => [beacon.radiant, beacon])).values()];
  const rank = ({ radiant }: Beacon) => (radiant === founder ? '' : radiant);
  return distinct.sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

/** Deals device by device, the founder's first, to one order after the other: each gets as many, or one more. */
function dealt(present: readonly Beacon[], founder: RadiantId, count: number): readonly (readonly Beacon[])[] {
  const own = present.find(({ radiant }) => radiant === founder)?.device;
  const rank = ({ device }: Beacon) => (device === own ? '' : device);
  // A stable sort: within a device, the ranks stay.
  const inTurn = present.toSorted((one, other) => (rank(one) === rank(other) ? 0 : rank(one) < rank(other) ? -1 : 1));
  return Array.from({ length: count }, (_, order) => inTurn.filter((_beacon, at) => at % count === order));
}

/** Voters as many as can be, an odd number; the rest learns. */
function split(hand: readonly Beacon[], replicationFactor: number) {
  const voters = spread(hand, largestOdd(Math.min(replicationFactor, hand.length)));
  const learners = hand.filter((beacon) => !voters.includes(beacon));
  return { voters: voters.map(participantOf), learners: learners.map(participantOf) };
}

/** The first voters of the bondsmith's order: of as many orders and devices as can be. */
function firstSeats(hands: readonly { readonly voters: readonly Participant[] }[], replicationFactor: number) {
  const rounds = Array.from({ length: replicationFactor }, (_, at) => hands.flatMap(({ voters }) => voters[at] ?? []));
  const candidates = rounds.flat();
  return spread(candidates, largestOdd(Math.min(replicationFactor, candidates.length)));
}

/** So many of the candidates: always the next one of a device that has the fewest by then. */
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

/** The ring in so many parts, which differ by one slot at most. */
function evenShards(count: number): readonly ShardRange[] {
  const parts = Math.min(count, SLOT_COUNT);
  const bound = (at: number) => Math.floor((at * SLOT_COUNT) / parts);
  return Array.from({ length: parts }, (_, at) => {
    return { first: asSlot(bound(at)), last: asSlot(bound(at + 1) - 1), epoch: 1 };
  });
}

/** Shards that follow one another, as one range. */
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
