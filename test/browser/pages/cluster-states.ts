/** Views of clusters with many orders. */
import type { HostView } from '../../../src/hosts/contract.ts';
import type { MemberView, MoveView, OrderView, RadiantView, ReplicaView } from '../../../src/radiant/contract.ts';
import type { Configuration, Participant, Shard } from '../../../src/wire/configuration/configuration.ts';
import {
  asLinkId,
  asReplicaId,
  asSlot,
  type BootId,
  type ClusterId,
  type DeviceId,
  type OrderId,
  parseId,
  type RadiantId,
  type RandomId,
  SLOT_COUNT,
} from '../../../src/wire/identifiers.ts';

export interface ClusterShape {
  readonly radiants: number;
  readonly orders: number;
  readonly devices?: number;
  readonly shards?: number;
  /** Number of moving shards, counted from the first shard. */
  readonly moving?: number;
  /** Progress of the first moving shard in this tab's view. */
  readonly seen?: Pick<MoveView, 'direction' | 'stage' | 'chunks' | 'bytes'>;
  /** Indexes of the radiants that this tab cannot reach. */
  readonly missing?: readonly number[];
  /** Index of this tab's radiant. */
  readonly own?: number;
}

/** An id for a test. All ids have the same digits after the sixth, because pages show only the first digits. */
const id = <Id extends RandomId>(start: number) =>
  parseId<Id>((((start + 1) * 2_654_435_761) % 0xff_ff_ff).toString(16).padStart(6, '0').padEnd(32, '7'));
export const radiantAt = (at: number) => id<RadiantId>(at);
export const orderAt = (at: number) => id<OrderId>(at + 500);
const deviceAt = (at: number) => id<DeviceId>(at + 900);
const BONDSMITH = id<OrderId>(400);

export function clusterOf(shape: ClusterShape): RadiantView {
  const configuration = configurationOf(shape);
  const { own = 0, radiants, missing = [] } = shape;
  const orders = configuration.orders.map((order, at) => orderView(shape, configuration, order.id, at));
  const [first] = orders;
  const bondsmith = first === undefined ? undefined : { ...first, order: BONDSMITH, replica: undefined };
  const others = Array.from({ length: radiants }, (_, at) => at).filter((at) => at !== own && !missing.includes(at));
  return {
    radiant: radiantAt(own),
    boot: id<BootId>(3_000),
    device: deviceOf(shape, own),
    lifecycle: 'associated',
    cluster: configuration.cluster,
    formation: { kind: 'formed', configuration },
    orders,
    bondsmith,
    neighbours: others.map((at) => ({
      radiant: radiantAt(at),
      link: asLinkId(at),
      device: deviceOf(shape, at),
      roundTripMs: deviceOf(shape, at) === deviceOf(shape, own) ? 0.4 + at / 10 : 12.5 + at,
      clientOnly: false,
    })),
    withoutRoom: undefined,
    leaving: undefined,
    foreign: [],
    refusedFrames: {},
  };
}

export function hostView(radiant: RadiantView, change: Partial<HostView> = {}): HostView {
  const own = { role: 'radiant', radiants: [radiant], signaling: 'connected', storage: 'durable' } as const;
  return { ...own, frames: 'worker', problems: [], ...change };
}

function deviceOf({ devices = 1 }: ClusterShape, at: number): DeviceId {
  return deviceAt(at % devices);
}

function participants(shape: ClusterShape, order: number): readonly number[] {
  return Array.from({ length: shape.radiants }, (_, at) => at).filter((at) => at % shape.orders === order);
}

/** The largest odd number of voters among `count` radiants, at most three. */
function votersAmong(count: number): number {
  return count >= 3 ? 3 : 1;
}

function configurationOf(shape: ClusterShape): Configuration {
  const named = (at: number): Participant => ({ radiant: radiantAt(at), device: deviceOf(shape, at) });
  const firstVoters = [{ ...named(0), replica: asReplicaId(1) }];
  return {
    cluster: id<ClusterId>(1_000),
    generation: 0,
    number: 12,
    algorithm: 'raft',
    stateMachine: 'key-value',
    replicationFactor: 3,
    wantedOrders: undefined,
    bondsmith: { id: BONDSMITH, firstVoters, firstShards: [] },
    orders: Array.from({ length: shape.orders }, (_, at) => {
      const members = participants(shape, at);
      const voters = votersAmong(members.length);
      return {
        id: orderAt(at),
        firstVoters,
        firstShards: [],
        members: {
          number: 12,
          voters: members.slice(0, voters).map(named),
          learners: members.slice(voters).map(named),
        },
        shards: shardsOf(shape, at),
        isDissolving: false,
      };
    }),
  };
}

function shardsOf({ orders, shards = 64, moving = 0 }: ClusterShape, order: number): readonly Shard[] {
  const bounds = Array.from({ length: shards + 1 }, (_, at) => Math.round((at * SLOT_COUNT) / shards));
  return bounds.slice(0, -1).flatMap((first, at): Shard[] => {
    const isMoving = at < moving;
    const owner = Math.min(Math.floor((at * orders) / shards), orders - 1);
    const holder = isMoving ? (owner + 1) % orders : owner;
    if (holder !== order) return [];
    const last = (bounds[at + 1] ?? SLOT_COUNT) - 1;
    const range = { first: asSlot(first), last: asSlot(last), epoch: isMoving ? 2 : 1 };
    return [{ ...range, source: isMoving ? orderAt(owner) : undefined }];
  });
}

function orderView(shape: ClusterShape, configuration: Configuration, order: OrderId, at: number): OrderView {
  const { own = 0, missing = [] } = shape;
  const members = participants(shape, at);
  const voters = members.slice(0, votersAmong(members.length));
  const present = voters.filter((voter) => !missing.includes(voter));
  const herald = present[0];
  const hasQuorum = present.length * 2 > voters.length;
  return {
    order,
    herald: hasQuorum && herald !== undefined ? radiantAt(herald) : undefined,
    members: members.map((member, place): MemberView => {
      const isVoter = place < voters.length;
      return {
        radiant: radiantAt(member),
        replica: asReplicaId(place + 1),
        device: deviceOf(shape, member),
        memberKind: isVoter ? 'voter' : 'learner',
        role: !isVoter ? 'learner' : member === herald ? 'leader' : 'follower',
        reachable: !missing.includes(member),
        isDataLost: false,
      };
    }),
    replica: members.includes(own)
      ? replicaView(shape, configuration, members.indexOf(own), members.length)
      : undefined,
    reachableDevices: new Set(members.map((member) => deviceOf(shape, member))).size,
    quorumReachable: hasQuorum,
  };
}

function replicaView({ seen }: ClusterShape, { orders }: Configuration, place: number, members: number): ReplicaView {
  const moving = orders.flatMap(({ shards }) => shards).find(({ source }) => source !== undefined);
  const isVoter = place < votersAmong(members);
  return {
    replica: asReplicaId(place + 1),
    target: { number: 12, isReached: true },
    companion: members === 2 ? asReplicaId(2) : undefined,
    lifecycle: 'active',
    role: !isVoter ? 'learner' : place === 0 ? 'leader' : 'follower',
    term: 4,
    committed: 1_204,
    applied: 1_204,
    lastIndex: 1_204,
    flushed: { voteEpoch: 4, index: 1_204, committedIndex: 1_204 },
    moves: moving === undefined || seen === undefined ? [] : [{ shard: moving, other: orderAt(1), ...seen }],
    openTransactions: 0,
    heraldSilenceMs: undefined,
    firstIndex: 1,
    logBytes: 74_200,
    checkpointIndex: undefined,
    fetch: undefined,
  };
}
