/** Views for every state of the console. */
import type { ShownView } from '../../../src/app/console/shown-view.ts';
import type { Problem } from '../../../src/hosts/contract.ts';
import { startedOver } from '../../../src/hosts/browser/start-over.ts';
import { leftError } from '../../../src/hosts/leave-process.ts';
import { withShown } from '../../../src/hosts/problems.ts';
import type { MemberView, NeighbourView, OrderView, RadiantView, ReplicaView } from '../../../src/radiant/contract.ts';
import type { Order, ShardRange } from '../../../src/wire/configuration/configuration.ts';
import { ShardbearerError } from '../../../src/wire/errors.ts';
import { type ClusterShape, clusterOf, hostView } from './cluster-states.ts';
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
  SLOT_COUNT,
} from '../../../src/wire/identifiers.ts';

const radiants = ['5f2a9c', 'c81d04', '0be7f1', '9d4432', 'a7706e', '31cc58', 'e90b27', '4418fa', '7ad3b5'].map(
  (start) => parseId<RadiantId>(start.padEnd(32, '7')),
);
const [HERE = never(), SECOND = never(), THIRD = never()] = radiants;
const LAPTOP = parseId<DeviceId>('1'.repeat(32));
const PHONE = parseId<DeviceId>('2'.repeat(32));
const CLUSTER = parseId<ClusterId>('c'.repeat(32));
const ORDER = parseId<OrderId>('0'.repeat(32));
const BONDSMITH = parseId<OrderId>('b'.repeat(32));

export type ConsoleState =
  | { readonly kind: 'open'; readonly view: ShownView }
  | { readonly kind: 'opening' }
  | { readonly kind: 'failed'; readonly error: ShardbearerError };

function never(): never {
  throw new Error('three radiants');
}

function member(at: number, change: Partial<MemberView> = {}): MemberView {
  const radiant = radiants[at] ?? never();
  const device = at === 2 ? PHONE : LAPTOP;
  return {
    radiant,
    replica: asReplicaId(at + 1),
    device,
    memberKind: 'voter',
    role: at === 0 ? 'leader' : 'follower',
    reachable: true,
    isDataLost: false,
    ...change,
  };
}

const RING: ShardRange = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1), epoch: 1 };
const FIRST_VOTERS = [member(0), member(1), member(2)].map(({ radiant: voter, device, replica }) => ({
  radiant: voter,
  device,
  replica,
}));

/** The only order of the cluster. */
const FOUNDED: Order = {
  id: ORDER,
  firstVoters: FIRST_VOTERS,
  firstShards: [RING],
  members: { number: 1, voters: FIRST_VOTERS, learners: [] },
  shards: [{ ...RING, source: undefined }],
  isDissolving: false,
};

function order(change: Partial<OrderView> = {}, replica: Partial<ReplicaView> = {}): OrderView {
  return {
    order: ORDER,
    herald: HERE,
    members: [member(0), member(1), member(2)],
    replica: {
      replica: asReplicaId(1),
      target: { number: 0, isReached: true },
      companion: undefined,
      lifecycle: 'active',
      role: 'leader',
      term: 4,
      committed: 18_204,
      applied: 18_204,
      lastIndex: 18_204,
      flushed: { voteEpoch: 4, index: 18_204, committedIndex: 18_204 },
      openTransactions: 0,
      heraldSilenceMs: undefined,
      firstIndex: 12_001,
      logBytes: 742_000,
      checkpointIndex: 12_000,
      moves: [],
      fetch: undefined,
      ...replica,
    },
    reachableDevices: 2,
    quorumReachable: true,
    ...change,
  };
}

function neighbour(at: number, roundTripMs: number | undefined, change: Partial<NeighbourView> = {}): NeighbourView {
  const radiant = radiants[at] ?? never();
  return { radiant, link: asLinkId(at), device: at === 2 ? PHONE : LAPTOP, roundTripMs, clientOnly: at > 2, ...change };
}

/** The view of a radiant. Its bondsmith's order has the same members as its only order. */
function radiant(change: Partial<RadiantView> = {}): RadiantView {
  const { orders = [order()] } = change;
  const [only] = orders;
  return {
    radiant: HERE,
    boot: parseId<BootId>('b'.repeat(32)),
    device: LAPTOP,
    lifecycle: 'associated',
    cluster: CLUSTER,
    formation: {
      kind: 'formed',
      configuration: {
        cluster: CLUSTER,
        generation: 0,
        number: 1,
        algorithm: 'raft',
        stateMachine: 'key-value',
        bondsmith: { id: BONDSMITH, firstVoters: FIRST_VOTERS, firstShards: [] },
        replicationFactor: 3,
        wantedOrders: undefined,
        orders: [FOUNDED],
      },
    },
    orders: [order()],
    bondsmith: only && { ...only, order: BONDSMITH },
    withoutRoom: undefined,
    leaving: undefined,
    neighbours: [neighbour(1, 0.74), neighbour(2, 23.6)],
    foreign: [],
    refusedFrames: {},
    ...change,
  };
}

function view(own: Partial<RadiantView> = {}, change: Partial<ShownView> = {}): ConsoleState {
  return {
    kind: 'open',
    view: {
      role: 'radiant',
      radiants: [radiant(own)],
      signaling: 'connected',
      storage: 'durable',
      frames: 'worker',
      problems: [],
      ...change,
    },
  };
}

function problem(code: Problem['code'], message = 'what the error says'): Problem {
  return { code, message };
}

const alone = {
  orders: [],
  neighbours: [],
  cluster: undefined,
  formation: { kind: 'collecting', present: [HERE], needed: 3 },
} as const;
const seeking = { orders: [], neighbours: [], cluster: undefined, formation: { kind: 'seeking' } } as const;
const client = order({
  herald: SECOND,
  replica: undefined,
  members: [member(1, { role: 'leader' }), member(2), member(3)],
});

/** The state of a voter without links. */
const UNLINKED: Partial<RadiantView> = {
  neighbours: [],
  orders: [
    order({
      herald: undefined,
      quorumReachable: false,
      reachableDevices: 1,
      members: [member(0, { role: 'follower' }), member(1, { reachable: false }), member(2, { reachable: false })],
    }),
  ],
};

/** The state of a tab that runs these voters of an order of three. All of them are on one device. */
function inOneTab(here: readonly RadiantId[]): ConsoleState {
  const members = [0, 1, 2].map((at) => member(at, { device: LAPTOP }));
  const orders = [order({ members, reachableDevices: 1 })];
  const neighboursOf = (own: RadiantId) =>
    [0, 1, 2]
      .map((at) => neighbour(at, 0, { device: LAPTOP, clientOnly: false }))
      .filter(({ radiant: other }) => other !== own);
  return view({}, { radiants: here.map((each) => radiant({ radiant: each, orders, neighbours: neighboursOf(each) })) });
}

const FULL: RadiantView = {
  ...clusterOf({ radiants: 12, orders: 3, devices: 4, shards: 512 }),
  withoutRoom: 'enough radiants are present for another order',
};

/** By name: the state of a cluster. The states range from one radiant to many. */
const CLUSTERS: Readonly<Record<string, ConsoleState>> = {
  founding: view({ ...alone, formation: { kind: 'collecting', present: [HERE], needed: 1 } }),
  'founding-with-others': view({
    ...alone,
    neighbours: [neighbour(1, 0.6), neighbour(2, 11)],
    formation: { kind: 'collecting', present: [HERE, SECOND, THIRD], needed: 1 },
  }),
  'one-radiant': cluster({ radiants: 1, orders: 1 }),
  'one-radiant-without-signaling': {
    kind: 'open',
    view: hostView(clusterOf({ radiants: 1, orders: 1 }), {
      signaling: 'unreachable',
      problems: [problem('SIGNALING_UNREACHABLE')],
    }),
  },
  'two-radiants': cluster({ radiants: 2, orders: 1 }),
  'three-radiants': cluster({ radiants: 3, orders: 1 }),
  'three-radiants-three-orders': cluster({ radiants: 3, orders: 3, devices: 3 }),
  'twelve-radiants-one-order': cluster({ radiants: 12, orders: 1, devices: 4, own: 5 }),
  'twelve-radiants-three-orders': cluster({ radiants: 12, orders: 3, devices: 4 }),
  'shards-on-the-way': cluster({
    radiants: 12,
    orders: 3,
    devices: 4,
    own: 1,
    moving: 9,
    seen: { direction: 'in', stage: 'arriving', chunks: 14, bytes: 917_504 },
  }),
  'many-orders': cluster({ radiants: 90, orders: 30, devices: 12, shards: 120, moving: 2 }),
  'an-order-without-quorum': cluster({ radiants: 12, orders: 3, devices: 4, missing: [1, 4] }),
  'configuration-full': { kind: 'open', view: hostView(FULL, { problems: withShown([], [FULL]) }) },
  joining: cluster({ radiants: 3, orders: 1, devices: 2, own: 70 }),
  'left-and-reopened': cluster(
    { radiants: 4, orders: 1, devices: 2, own: 70, missing: [0, 1, 2, 3] },
    { neighbours: [] },
  ),
  leaving: cluster({ radiants: 6, orders: 2 }, { leaving: { kind: 'asking', refusal: undefined } }),
  'pure-client': view(
    { ...clusterOf({ radiants: 9, orders: 3, devices: 3, own: 71 }) },
    { role: 'client', storage: 'memory' },
  ),
};

function cluster(shape: ClusterShape, own: Partial<RadiantView> = {}, host: Partial<ShownView> = {}): ConsoleState {
  return { kind: 'open', view: hostView({ ...clusterOf(shape), ...own }, host) };
}

export const STATES: Readonly<Record<string, ConsoleState>> = {
  opening: { kind: 'opening' },
  'one-of-three': view(alone),
  'two-of-three': view({
    ...alone,
    neighbours: [neighbour(1, 0.6)],
    formation: { kind: 'collecting', present: [HERE, SECOND], needed: 3 },
  }),
  seeking: view(seeking),
  'seeking-linked': view({ ...seeking, neighbours: [neighbour(1, 0.9)] }),
  electing: view({
    orders: [order({ herald: undefined, members: [0, 1, 2].map((at) => member(at, { role: 'follower' })) })],
  }),
  formed: view(),
  'fetching-a-snapshot': view({
    orders: [
      order(
        { herald: SECOND, members: [member(0, { role: 'follower' }), member(1, { role: 'leader' }), member(2)] },
        {
          role: 'follower',
          committed: 1,
          firstIndex: 1,
          lastIndex: 1,
          logBytes: 90,
          checkpointIndex: undefined,
          fetch: { index: 18_204, chunks: 212, bytes: 13_893_632, isWhole: false, isAsking: true },
        },
      ),
    ],
  }),
  'formed-many-clients': view({ neighbours: [1, 2, 3, 4, 5, 6, 7, 8].map((at) => neighbour(at, at * 7.7)) }),
  'one-missing': view({
    neighbours: [neighbour(1, 0.7)],
    orders: [order({ reachableDevices: 1, members: [member(0), member(1), member(2, { reachable: false })] })],
  }),
  'no-quorum': view(UNLINKED),
  'only-a-client': view(
    { orders: [client], neighbours: [neighbour(1, 1.2), neighbour(2, 31), neighbour(3, 2)] },
    { role: 'client' },
  ),
  reloaded: view(UNLINKED, { isLinking: true }),
  'sole-voter-missing': view({
    orders: [order({ herald: undefined, quorumReachable: false, members: [member(1, { reachable: false })] })],
    neighbours: [neighbour(3, 2)],
  }),
  adopted: inOneTab(radiants.slice(0, 3)),
  'two-of-three-adopted': inOneTab(radiants.slice(0, 2)),
  'signaling-gone-alone': view(alone, { signaling: 'unreachable' }),
  'signaling-gone-formed': view({}, { signaling: 'unreachable', problems: [problem('SIGNALING_UNREACHABLE')] }),
  'no-candidates': view(alone, { problems: [problem('LINK_FAILED', 'the browser found no network candidates')] }),
  'network-service-died': view(
    { neighbours: [] },
    { problems: [problem('NETWORK_SERVICE_DIED', "The browser's network service ended. Reload the page.")] },
  ),
  'private-mode': view({ orders: [client] }, { storage: 'memory', problems: [problem('STORAGE_UNAVAILABLE')] }),
  'storage-lost': view({ orders: [client] }, { problems: [problem('STORAGE_LOST')] }),
  'storage-full': view({}, { problems: [problem('STORAGE_FULL')] }),
  'storage-full-alone': cluster({ radiants: 1, orders: 1 }, {}, { problems: [problem('STORAGE_FULL')] }),
  'worker-died-through-page': view(
    { refusedFrames: { FRAME_MALFORMED: 3 } },
    { frames: 'page', problems: [problem('WORKER_DIED')] },
  ),
  'two-clusters': view({}, { problems: [problem('FRAME_OF_OTHER_CLUSTER')] }),
  'radiant-down': view({ lifecycle: 'error', neighbours: [] }, { problems: [problem('STORAGE_FAILED')] }),
  'disk-hung': view({ lifecycle: 'error', neighbours: [] }, { problems: [problem('STORAGE_HUNG')] }),
  'newer-data-while-open': view({ lifecycle: 'error', neighbours: [] }, { problems: [problem('STORAGE_TOO_NEW')] }),
  left: view(
    { leaving: { kind: 'left' }, neighbours: [] },
    {
      signaling: 'unreachable',
      problems: [problem('SIGNALING_UNREACHABLE'), problem('CLOSED', leftError().message)],
    },
  ),
  'started-over-elsewhere': view({}, { problems: [problem('CLOSED', startedOver().message)] }),
  ...CLUSTERS,
  'insecure-context': { kind: 'failed', error: new ShardbearerError('INSECURE_CONTEXT', 'no secure context') },
  'invalid-invite': { kind: 'failed', error: new ShardbearerError('INVALID_INVITE', 'damaged') },
  'storage-too-new': { kind: 'failed', error: new ShardbearerError('STORAGE_TOO_NEW', 'newer') },
  'server-gone': {
    kind: 'failed',
    error: new ShardbearerError('SIGNALING_UNREACHABLE', 'the server of this page does not answer'),
  },
};
