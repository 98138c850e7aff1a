/** The reconfigurations during which the bondsmith is killed. */
import type { ClientAdministration } from '../../../src/client/contract.ts';
import { movesOf, orderById, orderOfRadiant, participantsOf } from '../../../src/cluster/configuration.ts';
import type { Configuration } from '../../../src/wire/configuration/configuration.ts';
import type { OrderId, RadiantId } from '../../../src/wire/identifiers.ts';
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import { existing } from '../courses/existing.ts';
import { type ShardStage, type ShardStageOptions, slotOf } from './shard-stage.ts';

export interface Phase {
  readonly name: string;
  /** Whether the reconfiguration has reached this phase. */
  readonly hasBegun: (configuration: Configuration) => boolean;
}

export interface Reconfiguration {
  /** Requests the reconfiguration, and waits until the request is answered. */
  readonly begin: () => void;
  readonly orders: number;
  /**
   * Consecutive phases. Before the first phase, the request is made and nothing is decided. The list is empty for a
   * short reconfiguration.
   */
  readonly phases: readonly Phase[];
}

export interface ReconfigurationKind {
  readonly name: string;
  readonly options: ShardStageOptions;
  /** Brings an open stage into the state in which the reconfiguration begins. */
  readonly prepare: (stage: ShardStage) => Reconfiguration;
}

const TWO_ORDERS: ShardStageOptions = { orders: 2, spares: 1, shards: 8 };

const OF_NINE: Pick<ShardStageOptions, 'shards'> = { shards: 9 };
/** Number of shards that move when one of three orders is created or dissolved. */
const MOVING_SHARDS = 3;

/** A reconfiguration that an administrator requests. The administrator waits until it is complete. */
const asks =
  (draw: (stage: ShardStage) => ClientAdministration): ReconfigurationKind['prepare'] =>
  (stage) => {
    const begin = (): void => {
      const administration = draw(stage);
      stage.administer(administration);
      if ('slot' in administration) stage.arrived(administration.slot, 60_000);
    };
    return { begin, orders: 2, phases: [] };
  };

const firstShard = (stage: ShardStage) => existing(existing(stage.orders[0]).shards[0]);

export const RECONFIGURATIONS: readonly ReconfigurationKind[] = [
  {
    name: 'move',
    options: TWO_ORDERS,
    prepare: asks((stage) => ({ kind: 'move', slot: firstShard(stage).first, to: existing(stage.orders[1]).id })),
  },
  {
    name: 'fracture',
    options: TWO_ORDERS,
    prepare: asks((stage) => ({ kind: 'fracture', slot: slotOf(existing(stage.keysIn(firstShard(stage), 2)[1])) })),
  },
  {
    name: 'consolidate',
    options: TWO_ORDERS,
    prepare: asks((stage) => ({ kind: 'consolidate', slot: existing(stage.orders[0]?.shards[1]).first })),
  },
  {
    name: 'join',
    options: TWO_ORDERS,
    prepare: (stage) => ({ begin: () => existing(stage.spares[0]).open(), orders: 2, phases: [] }),
  },
  {
    name: 'leave',
    options: TWO_ORDERS,
    prepare: (stage) => {
      stage.grow(2, ...stage.spares);
      return { begin: () => stage.leave(...stage.spares), orders: 2, phases: [] };
    },
  },
  { name: 'leave of a voter', options: TWO_ORDERS, prepare: leaveOfVoter },
  { name: 'leave that dissolves an order', options: { orders: 3, ...OF_NINE }, prepare: dissolution },
  { name: 'join that gives birth to an order', options: { orders: 2, spares: 3, ...OF_NINE }, prepare: birth },
];

/** A voter leaves, and its order stays. A learner becomes a voter instead, if necessary one from the other order. */
function leaveOfVoter(stage: ShardStage): Reconfiguration {
  stage.grow(2, ...stage.spares);
  const { tab, radiant } = voterToLeave(stage);
  const { id } = existing(orderOfRadiant(stage.configuration, radiant));
  return {
    begin: () => stage.leave(tab),
    orders: 2,
    phases: [
      { name: 'another one is to vote', hasBegun: (configuration) => !belongs(configuration, radiant) },
      {
        name: 'its order does without it',
        hasBegun: (configuration) => !belongs(configuration, radiant) && !isInLogOf(stage, id, radiant),
      },
    ],
  };
}

/**
 * A voter leaves, so that too few radiants remain for all orders. The order is emptied and removed, and its other
 * members become learners of other orders.
 */
function dissolution(stage: ShardStage): Reconfiguration {
  const { tab, radiant } = voterToLeave(stage);
  const { id } = existing(orderOfRadiant(stage.configuration, radiant));
  const isDissolving = (configuration: Configuration): boolean => orderById(configuration, id)?.isDissolving !== false;
  return {
    begin: () => stage.leave(tab),
    orders: 2,
    phases: [
      { name: 'the voter is out', hasBegun: (configuration) => !belongs(configuration, radiant) },
      ...movingPhases(isDissolving),
      { name: 'the order is removed', hasBegun: (configuration) => orderById(configuration, id) === undefined },
    ],
  };
}

/** Two learners wait for a third one. Then the three form a new order, which gets its share of the shards. */
function birth(stage: ShardStage): Reconfiguration {
  const [last, ...first] = stage.spares;
  stage.grow(2, ...first);
  const participants = participantsOf(stage.configuration).length;
  return {
    begin: () => existing(last).open(),
    orders: 3,
    phases: [
      { name: 'all three learn', hasBegun: (configuration) => participantsOf(configuration).length > participants },
      ...movingPhases(({ orders }) => orders.length === 3),
    ],
  };
}

/** Phases in which shards move: all shards of an order leave, or the shards of a new order arrive. */
function movingPhases(isDecided: Phase['hasBegun']): readonly Phase[] {
  const atMostMoving =
    (count: number): Phase['hasBegun'] =>
    (configuration) =>
      isDecided(configuration) && movesOf(configuration).length <= count;
  return [
    { name: 'its shards are on their way', hasBegun: isDecided },
    { name: 'the first one has come', hasBegun: atMostMoving(MOVING_SHARDS - 1) },
    { name: 'all have come', hasBegun: atMostMoving(0) },
  ];
}

/** Picks a voter that can leave. The bondsmith is excluded, because its tab returns and stays in the cluster. */
function voterToLeave(stage: ShardStage): { readonly tab: SimulatedHost; readonly radiant: RadiantId } {
  const bondsmith = stage.bondsmithsTab();
  const voters = new Set(stage.orders.flatMap(({ members }) => members.voters.map(({ radiant }) => radiant)));
  const mayLeave = stage.world.hosts.filter(
    (tab) => tab !== bondsmith && tab.identity !== undefined && voters.has(tab.identity),
  );
  const tab = existing(stage.random.pick(mayLeave));
  return { tab, radiant: existing(tab.identity) };
}

function belongs(configuration: Configuration, radiant: RadiantId): boolean {
  return orderOfRadiant(configuration, radiant) !== undefined;
}

/** Whether the radiant is a member in the log of the order's herald. True while the order has no herald. */
function isInLogOf(stage: ShardStage, order: OrderId, radiant: RadiantId): boolean {
  const herald = stage.world.heralds().get(order);
  const view = herald?.view().orders.find((one) => one.order === order);
  return view === undefined || view.members.some((member) => member.radiant === radiant);
}
