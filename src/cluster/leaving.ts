/** How radiants leave the cluster by their own will: others take their places first, or the shards of their order. */
import type { Configuration, Order } from '../wire/configuration/configuration.ts';
import { type RadiantId, shortId } from '../wire/identifiers.ts';
import { type Administered, refused, UNCHANGED } from './administered.ts';
import { membersOf, movesOf, participantsOf } from './configuration.ts';
import { isSmallEnough } from './configuration-room.ts';
import { Draft } from './draft.ts';
import { emptied } from './emptying.ts';
import { type ClusterFacts, canVote, hasQuorum, isSettled } from './facts.ts';
import { fitOrder } from './order-members.ts';
import { isHeirAwaited } from './voters.ts';

/** In as many steps as it takes: of an order's voters only a minority goes at once. */
export function leave(configuration: Configuration, radiants: readonly RadiantId[], facts: ClusterFacts): Administered {
  const leaving = new Set(radiants);
  const concerned = configuration.orders.filter((order) =>
    membersOf(order).some(({ radiant }) => leaving.has(radiant)),
  );
  if (concerned.length === 0) return UNCHANGED;
  const refusal = refusalOf(configuration, concerned, leaving, facts);
  if (refusal !== undefined) return refusal;
  const draft = new Draft(configuration, facts);
  const { replicationFactor } = configuration;
  for (const order of concerned) {
    // Those that voted go one after the other: the next when the order has done without the one before.
    const votes = order.members.voters.some(({ radiant }) => leaving.has(radiant));
    if (votes && !isSettled(facts, order)) continue;
    // Until the heir of lost data is there it seems that nobody can take over, and the order would be dissolved.
    if (isHeirAwaited(order.members, facts)) continue;
    const terms = { facts, replicationFactor, seats: replicationFactor, leaving };
    if (!fitOrder(draft, order.id, terms)) return dissolve(configuration, order, leaving, facts);
  }
  if (draft.isChanged) return withinLimits(configuration, draft);
  return { kind: 'later', reason: `${words(concerned)} is not done with the change of its members before` };
}

function refusalOf(
  configuration: Configuration,
  concerned: readonly Order[],
  leaving: ReadonlySet<RadiantId>,
  facts: ClusterFacts,
): Administered | undefined {
  const staying = participantsOf(configuration).filter(({ radiant }) => !leaving.has(radiant));
  if (!staying.some(({ radiant }) => canVote(facts, radiant, 0))) {
    return refused('LAST_RADIANT', 'nobody who is present would hold the data any more: let another one join first');
  }
  const stuck = concerned.filter((order) => !hasQuorum(facts, order));
  if (stuck.length === 0) return undefined;
  return refused('NO_QUORUM', `too few voters of ${words(stuck)} can be reached: without them nobody can take over`);
}

/** Nobody can take the places of an order's last voters: its shards go to other orders, then it is removed. */
function dissolve(
  configuration: Configuration,
  order: Order,
  leaving: ReadonlySet<RadiantId>,
  facts: ClusterFacts,
): Administered {
  if (movesOf(configuration).length > 0) return { kind: 'later', reason: 'shards are on their way' };
  if (order.shards.length > 0) {
    const emptying = emptied(configuration, facts, order.id);
    if (emptying.kind === 'change') return emptying;
    if (emptying.kind === 'no-room') return FULL;
    return { kind: 'later', reason: `nobody has been present for long enough to take over from ${words([order])}` };
  }
  const draft = new Draft(configuration, facts);
  draft.remove(order.id);
  if (!draft.addLearners(membersOf(order).filter(({ radiant }) => !leaving.has(radiant)))) {
    return refused('CONFIGURATION_FULL', 'no other order has room for the rest of its members');
  }
  return withinLimits(configuration, draft);
}

/** Every replica would refuse what no configuration can say, and whoever asks would not know why. */
function withinLimits(configuration: Configuration, draft: Draft): Administered {
  const change = draft.change();
  return isSmallEnough(configuration, change) ? { kind: 'change', change } : FULL;
}

const FULL = refused(
  'CONFIGURATION_FULL',
  'the configuration has no room to say who takes over what: consolidate shards first',
);

function words(orders: readonly Order[]): string {
  return `order ${orders.map(({ id }) => shortId(id)).join(' and ')}`;
}
