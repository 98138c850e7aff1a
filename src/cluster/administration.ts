/**
 * What people and radiants ask the bondsmith for (design, "Words"): each operation as a change of the configuration. Each
 * is idempotent: asked again where it is so already, it changes nothing; and nonsense is refused with a code.
 */
import { assert, unreachable } from '../wire/assertion.ts';
import type { Configuration, ConfigurationChange, Order, Shard } from '../wire/configuration/configuration.ts';
import type { Administration } from '../wire/frames/frame.ts';
import { asSlot, type OrderId, type Slot, shortId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { type Administered, refused, UNCHANGED } from './administered.ts';
import { type Assignment, assignmentOfSlot, isSameShard, orderById, participantsOf } from './configuration.ts';
import { changeBetween, withChange } from './configuration-change.ts';
import { isSmallEnough, roomIn } from './configuration-room.ts';
import { Draft } from './draft.ts';
import { type ClusterFacts, hasQuorum } from './facts.ts';
import { leave } from './leaving.ts';
import { moved } from './shard-balance.ts';

type Asked<Kind extends Administration['kind']> = Extract<Administration, { kind: Kind }>;

/** What an operation comes to on this very configuration. */
export function administered(
  configuration: Configuration,
  administration: Administration,
  facts: ClusterFacts,
): Administered {
  switch (administration.kind) {
    case 'join':
      return join(configuration, administration, facts);
    case 'leave':
      return leave(configuration, administration.radiants, facts);
    case 'move':
      return move(configuration, administration, facts);
    case 'fracture':
      return fracture(configuration, administration.slot);
    case 'consolidate':
      return consolidate(configuration, administration.slot);
    case 'installed':
      return installed(configuration, administration);
    default:
      return unreachable(administration);
  }
}

/** Everyone begins as a learner, of the order with the fewest members: placement makes voters of them in time. */
function join(configuration: Configuration, { participants }: Asked<'join'>, facts: ClusterFacts): Administered {
  const known = new Set(participantsOf(configuration).map(({ radiant }) => radiant));
  const asked = new Map(participants.map((participant) => [participant.radiant, participant]));
  const joining = [...asked.values()].filter(({ radiant }) => !known.has(radiant));
  if (known.size + joining.length > LIMITS.radiants) {
    return refused('CONFIGURATION_FULL', `${known.size} radiants belong to this cluster, ${LIMITS.radiants} can`);
  }
  const draft = new Draft(configuration, facts);
  if (!draft.addLearners(joining)) {
    return refused('CONFIGURATION_FULL', `every order has ${LIMITS.orderMembers} members: configure more orders`);
  }
  return joining.length === 0 ? UNCHANGED : withRoom(configuration, draft.change());
}

function move(configuration: Configuration, { slot, to }: Asked<'move'>, facts: ClusterFacts): Administered {
  const { order, shard } = assigned(configuration, slot);
  const receiver = orderById(configuration, to);
  if (receiver === undefined) return unknownOrder(to);
  if (order.id === to) return UNCHANGED;
  if (shard.source !== undefined) return moving(shard);
  // A shard on its way can neither come back nor be merged, and while there is one no order comes or goes.
  const stuck = [order, receiver].find((one) => !hasQuorum(facts, one));
  if (stuck !== undefined) {
    const words = `too few voters of order ${shortId(stuck.id)} can be reached`;
    return refused('NO_QUORUM', `${words}: the shard could not leave, or not arrive; open one of their tabs first`);
  }
  const { change } = changeOf(configuration, moved(configuration.orders, [{ from: order.id, to, shard }]));
  return withRoom(configuration, change);
}

/** Statuses and epochs are those of slots: the order itself has nothing to do for it. */
function fracture(configuration: Configuration, slot: Slot): Administered {
  const { order, shard } = assigned(configuration, slot);
  if (shard.first === slot) return UNCHANGED;
  if (shard.source !== undefined) return moving(shard);
  if (order.shards.length >= LIMITS.shards) {
    return refused('CONFIGURATION_FULL', `order ${shortId(order.id)} has ${LIMITS.shards} shards: consolidate some`);
  }
  const halves = [
    { ...shard, last: asSlot(slot - 1) },
    { ...shard, first: slot },
  ];
  const shards = order.shards.flatMap((one) => (one === shard ? halves : [one]));
  const { change } = changeOf(configuration, withShards(configuration, order, shards));
  return withRoom(configuration, change);
}

/** The merged shard gets an epoch that none of its slots has had: whoever still names the old ones is told so. */
function consolidate(configuration: Configuration, slot: Slot): Administered {
  if (slot === 0) return refused('INVALID_ARGUMENT', 'the ring begins at slot 0: no shard lies before it');
  const right = assigned(configuration, slot);
  if (right.shard.first !== slot) return UNCHANGED;
  const left = assigned(configuration, asSlot(slot - 1));
  for (const { shard } of [left, right]) if (shard.source !== undefined) return moving(shard);
  if (left.order.id !== right.order.id) {
    const [one, other] = [left.order.id, right.order.id];
    return refused('SHARDS_APART', `they belong to the orders ${shortId(one)} and ${shortId(other)}: move one first`);
  }
  const epoch = Math.max(left.shard.epoch, right.shard.epoch) + 1;
  const merged: Shard = { first: left.shard.first, last: right.shard.last, epoch, source: undefined };
  const shards = left.order.shards.flatMap((one) => {
    if (one === left.shard) return [merged];
    return one === right.shard ? [] : [one];
  });
  const outcome = changeOf(configuration, withShards(configuration, left.order, shards));
  // One more epoch to be told may take more than one shard less gives.
  return isSmallEnough(configuration, outcome.change) ? outcome : withRoom(configuration, outcome.change);
}

/** An order says so again until it is heard, and maybe once more afterwards. */
function installed(configuration: Configuration, { order: id, shard }: Asked<'installed'>): Administered {
  const order = orderById(configuration, id);
  if (order === undefined) return unknownOrder(id);
  const { epoch } = assigned(configuration, shard.first).shard;
  if (shard.epoch > epoch) {
    return refused(
      'INVALID_ARGUMENT',
      `slot ${shard.first} is at epoch ${epoch}: nobody was given it at ${shard.epoch}`,
    );
  }
  const awaited = order.shards.find((one) => one.source !== undefined && isSameShard(one, shard));
  if (awaited === undefined) return UNCHANGED;
  const shards = order.shards.map((one) => (one === awaited ? { ...one, source: undefined } : one));
  return changeOf(configuration, withShards(configuration, order, shards));
}

function withShards({ orders }: Configuration, order: Order, shards: readonly Shard[]): readonly Order[] {
  return orders.map((one) => (one === order ? { ...one, shards } : one));
}

function changeOf({ orders }: Configuration, after: readonly Order[]) {
  return { kind: 'change', change: changeBetween(orders, after) } as const satisfies Administered;
}

/** What makes a configuration larger leaves room for what has to go on: replacing members and moving shards. */
function withRoom(configuration: Configuration, change: ConfigurationChange): Administered {
  const missing = -roomIn(withChange(configuration, change));
  if (missing <= 0) return { kind: 'change', change };
  return refused(
    'CONFIGURATION_FULL',
    `${missing} bytes too many for the configuration: consolidate shards, or ask again when those under way are there`,
  );
}

function assigned(configuration: Configuration, slot: Slot): Assignment {
  const assignment = assignmentOfSlot(configuration, slot);
  assert(assignment !== undefined, 'every slot is served');
  return assignment;
}

function unknownOrder(order: OrderId): Administered {
  return refused('UNKNOWN_ORDER', `the configuration has no order ${shortId(order)}: ask for the latest one`);
}

function moving({ first, last }: Shard): Administered {
  return refused('SHARD_MOVING', `the shard of slots ${first} to ${last} is on its way: ask again when it is there`);
}
