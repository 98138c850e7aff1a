/**
 * Turns operations of an administrator into changes of the configuration. Every operation is idempotent. An invalid
 * operation is refused with an error code.
 */
import { assert, unreachable } from '../wire/assertion.ts';
import type { Configuration, ConfigurationChange, Order, Shard } from '../wire/configuration/configuration.ts';
import type { ErrorCode } from '../wire/errors.ts';
import type { Administration } from '../wire/frames/frame.ts';
import { type OrderId, type RadiantId, type Slot, asSlot, shortId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { changeBetween, withChange } from './configuration-change.ts';
import { isSmallEnough, roomIn } from './configuration-size.ts';
import {
  type Assignment,
  assignmentOfSlot,
  isSameShard,
  membersOf,
  movesOf,
  orderById,
  participantsOf,
} from './configuration.ts';
import { ConfigurationDraft } from './configuration-draft.ts';
import { emptied, moved } from './shard-balance.ts';
import { type ClusterFacts, canVote, hasQuorum, isSettled } from './cluster-facts.ts';
import { fitOrder } from './order-members.ts';
import { isSuccessorAwaited } from './voters.ts';

type Asked<Kind extends Administration['kind']> = Extract<Administration, { kind: Kind }>;

export function planAdministration(
  configuration: Configuration,
  administration: Administration,
  facts: ClusterFacts,
): AdministrationOutcome {
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

/** A joining radiant becomes a learner of the order with the fewest members. Placement makes learners voters later. */
function join(
  configuration: Configuration,
  { participants }: Asked<'join'>,
  facts: ClusterFacts,
): AdministrationOutcome {
  const known = new Set(participantsOf(configuration).map(({ radiant }) => radiant));
  const asked = new Map(participants.map((participant) => [participant.radiant, participant]));
  const joining = [...asked.values()].filter(({ radiant }) => !known.has(radiant));
  if (known.size + joining.length > LIMITS.configuration.radiants) {
    return refused(
      'CONFIGURATION_FULL',
      `${known.size} radiants belong to this cluster, ${LIMITS.configuration.radiants} can`,
    );
  }
  const draft = new ConfigurationDraft(configuration, facts);
  if (!draft.addLearners(joining)) {
    return refused(
      'CONFIGURATION_FULL',
      `every order has ${LIMITS.configuration.orderMembers} members. Configure more orders`,
    );
  }
  return joining.length === 0 ? UNCHANGED : withRoom(configuration, draft.change());
}

function move(configuration: Configuration, { slot, to }: Asked<'move'>, facts: ClusterFacts): AdministrationOutcome {
  const { order, shard } = assigned(configuration, slot);
  const receiver = orderById(configuration, to);
  if (receiver === undefined) return unknownOrder(to);
  if (order.id === to) return UNCHANGED;
  if (shard.source !== undefined) return moving(shard);
  // Refuses a move that could not complete. A moving shard can neither return nor be merged, and it blocks the creation
  // and removal of orders.
  const stuck = [order, receiver].find((one) => !hasQuorum(facts, one));
  if (stuck !== undefined) {
    const words = `too few voters of order ${shortId(stuck.id)} can be reached`;
    return refused('NO_QUORUM', `${words}: the shard could not leave, or not arrive; open one of their tabs first`);
  }
  const { change } = changeOf(configuration, moved(configuration.orders, [{ from: order.id, to, shard }]));
  return withRoom(configuration, change);
}

/** Splits a shard at a slot. Only the shard table changes, so the order itself does nothing. */
function fracture(configuration: Configuration, slot: Slot): AdministrationOutcome {
  const { order, shard } = assigned(configuration, slot);
  if (shard.first === slot) return UNCHANGED;
  if (shard.source !== undefined) return moving(shard);
  if (order.shards.length >= LIMITS.configuration.shards) {
    return refused(
      'CONFIGURATION_FULL',
      `order ${shortId(order.id)} has ${LIMITS.configuration.shards} shards. Consolidate some`,
    );
  }
  const halves = [
    { ...shard, last: asSlot(slot - 1) },
    { ...shard, first: slot },
  ];
  const shards = order.shards.flatMap((one) => (one === shard ? halves : [one]));
  const { change } = changeOf(configuration, withShards(configuration, order, shards));
  return withRoom(configuration, change);
}

/**
 * Merges the shard that begins at the slot into the shard on its left. The merged shard gets an epoch that neither
 * shard had, so requests with an old epoch are refused.
 */
function consolidate(configuration: Configuration, slot: Slot): AdministrationOutcome {
  if (slot === 0) return refused('INVALID_ARGUMENT', 'no shard lies before slot 0. Choose another slot');
  const right = assigned(configuration, slot);
  if (right.shard.first !== slot) return UNCHANGED;
  const left = assigned(configuration, asSlot(slot - 1));
  for (const { shard } of [left, right]) if (shard.source !== undefined) return moving(shard);
  if (left.order.id !== right.order.id) {
    const [one, other] = [left.order.id, right.order.id];
    return refused(
      'SHARDS_APART',
      `both shards belong to different orders, ${shortId(one)} and ${shortId(other)}. Move one first`,
    );
  }
  const epoch = Math.max(left.shard.epoch, right.shard.epoch) + 1;
  const merged: Shard = { first: left.shard.first, last: right.shard.last, epoch, source: undefined };
  const shards = left.order.shards.flatMap((one) => {
    if (one === left.shard) return [merged];
    return one === right.shard ? [] : [one];
  });
  const outcome = changeOf(configuration, withShards(configuration, left.order, shards));
  // The longer encoding of the new epoch can exceed the bytes that the removed shard frees.
  return isSmallEnough(configuration, outcome.change) ? outcome : withRoom(configuration, outcome.change);
}

/**
 * Records that a moved shard has arrived. An order repeats this report until the bondsmith answers, so a report can
 * arrive twice.
 */
function installed(configuration: Configuration, { order: id, shard }: Asked<'installed'>): AdministrationOutcome {
  const order = orderById(configuration, id);
  if (order === undefined) return unknownOrder(id);
  const { epoch } = assigned(configuration, shard.first).shard;
  if (shard.epoch > epoch) {
    return refused(
      'INVALID_ARGUMENT',
      `slot ${shard.first} is at epoch ${epoch}; no order got it at epoch ${shard.epoch}`,
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
  return { kind: 'change', change: changeBetween(orders, after) } as const satisfies AdministrationOutcome;
}

/**
 * Refuses a change that would use the reserve of the configuration. Replacing members and moving shards need the
 * reserve.
 */
function withRoom(configuration: Configuration, change: ConfigurationChange): AdministrationOutcome {
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

function unknownOrder(order: OrderId): AdministrationOutcome {
  return refused('UNKNOWN_ORDER', `the configuration has no order ${shortId(order)}. Read the latest configuration`);
}

function moving({ first, last }: Shard): AdministrationOutcome {
  return refused('SHARD_MOVING', `the shard of slots ${first} to ${last} is moving. Try again after it arrived`);
}

/** Removes members in several steps. In one step, a minority of an order's voters leaves, or its only voter. */
export function leave(
  configuration: Configuration,
  radiants: readonly RadiantId[],
  facts: ClusterFacts,
): AdministrationOutcome {
  const leaving = new Set(radiants);
  const concerned = configuration.orders.filter((order) =>
    membersOf(order).some(({ radiant }) => leaving.has(radiant)),
  );
  if (concerned.length === 0) return UNCHANGED;
  const refusal = refusalOf(configuration, concerned, leaving, facts);
  if (refusal !== undefined) return refusal;
  const draft = new ConfigurationDraft(configuration, facts);
  const { replicationFactor } = configuration;
  for (const order of concerned) {
    // The next voter leaves after the order has completed the previous change of members.
    const votes = order.members.voters.some(({ radiant }) => leaving.has(radiant));
    if (votes && !isSettled(facts, order)) continue;
    // The successor of a member with lost data must join first. Without the successor, the order would lack candidates
    // and be dissolved.
    if (isSuccessorAwaited(order.members, facts)) continue;
    const terms = { facts, replicationFactor, maxVoters: replicationFactor, leaving };
    if (!fitOrder(draft, order.id, terms)) return dissolve(configuration, order, leaving, facts);
  }
  if (draft.isChanged) return withinLimits(configuration, draft);
  return { kind: 'later', reason: `${words(concerned)} has not completed its previous change of members` };
}

function refusalOf(
  configuration: Configuration,
  concerned: readonly Order[],
  leaving: ReadonlySet<RadiantId>,
  facts: ClusterFacts,
): AdministrationOutcome | undefined {
  const staying = participantsOf(configuration).filter(({ radiant }) => !leaving.has(radiant));
  if (!staying.some(({ radiant }) => canVote(facts, radiant, 0))) {
    return refused('LAST_RADIANT', 'no other present radiant would hold the data. Let another one join first');
  }
  const stuck = concerned.filter((order) => !hasQuorum(facts, order));
  if (stuck.length === 0) return undefined;
  return refused(
    'NO_QUORUM',
    `too few voters of ${words(stuck)} can be reached, so no other radiant can take over. Open their tabs first`,
  );
}

function dissolve(
  configuration: Configuration,
  order: Order,
  leaving: ReadonlySet<RadiantId>,
  facts: ClusterFacts,
): AdministrationOutcome {
  if (movesOf(configuration).length > 0) return { kind: 'later', reason: 'shards are moving' };
  if (order.shards.length > 0) {
    const emptying = emptied(configuration, facts, order.id);
    if (emptying.kind === 'change') return emptying;
    if (emptying.kind === 'no-room') return FULL;
    return { kind: 'later', reason: `no radiant has been present for long enough to take over from ${words([order])}` };
  }
  const draft = new ConfigurationDraft(configuration, facts);
  draft.remove(order.id);
  if (!draft.addLearners(membersOf(order).filter(({ radiant }) => !leaving.has(radiant)))) {
    return refused('CONFIGURATION_FULL', 'no other order has room for the remaining members. Configure more orders');
  }
  return withinLimits(configuration, draft);
}

/**
 * Refuses a change that exceeds the limits of a configuration. Every replica would reject such a change, and the caller
 * would not learn the reason.
 */
function withinLimits(configuration: Configuration, draft: ConfigurationDraft): AdministrationOutcome {
  const change = draft.change();
  return isSmallEnough(configuration, change) ? { kind: 'change', change } : FULL;
}

const FULL = refused('CONFIGURATION_FULL', 'the configuration has no room for the change. Consolidate shards first');

function words(orders: readonly Order[]): string {
  return `order ${orders.map(({ id }) => shortId(id)).join(' and ')}`;
}

export type AdministrationOutcome =
  /**
   * Repeat the operation under the changed configuration, because further steps can follow. `unchanged` ends the
   * operation.
   */
  | { readonly kind: 'change'; readonly change: ConfigurationChange }
  | { readonly kind: 'unchanged' }
  /**
   * The operation waits for moving shards or changing members. Repeat it under the next configuration, before placement
   * decides.
   */
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

const UNCHANGED: AdministrationOutcome = { kind: 'unchanged' };

export function refused(code: ErrorCode, message: string): AdministrationOutcome {
  return { kind: 'refused', code, message };
}
