import type { Order, Shard } from '../../../wire/configuration/configuration.ts';
import type { OrderId } from '../../../wire/identifiers.ts';
import type { CoveredKind } from '../../coverage.ts';

/** The coverage counters of the change from one configuration to the next. */
export function coveredByVersion(
  before: readonly Order[] | undefined,
  after: readonly Order[],
  isChangeOfBondsmith: boolean,
): readonly CoveredKind[] {
  if (before === undefined) return [];
  const kinds: CoveredKind[] = [];
  const [was, is] = [shardsOf(before), shardsOf(after)];
  const isUnderWay = [...was.values()].some(({ shard }) => shard.source !== undefined);
  if (isChangeOfBondsmith) kinds.push(isUnderWay ? 'bondsmith-changed-under-way' : 'bondsmith-changed');
  for (const order of after) if (!before.some(({ id }) => id === order.id)) kinds.push('order-born');
  for (const order of before) if (!after.some(({ id }) => id === order.id)) kinds.push('order-dissolved');
  for (const [first, { order, shard }] of is) {
    const old = was.get(first);
    if (old === undefined) kinds.push('fracture', ...(isUnderWay ? ['fracture-under-way' as const] : []));
    else if (old.order !== order) kinds.push('move');
    else if (old.shard.source !== undefined && shard.source === undefined) kinds.push('move-completed');
  }
  for (const first of was.keys()) {
    if (!is.has(first)) kinds.push('consolidation', ...(isUnderWay ? ['consolidation-under-way' as const] : []));
  }
  const [here, there] = [radiantsOf(before), radiantsOf(after)];
  for (const radiant of there)
    if (!here.has(radiant)) kinds.push('join', ...(isUnderWay ? ['join-under-way' as const] : []));
  for (const radiant of here)
    if (!there.has(radiant)) kinds.push('leave', ...(isUnderWay ? ['leave-under-way' as const] : []));
  return kinds;
}

function shardsOf(orders: readonly Order[]): ReadonlyMap<number, { readonly order: OrderId; readonly shard: Shard }> {
  return new Map(
    orders.flatMap(({ id, shards }) => shards.map((shard) => [shard.first, { order: id, shard }] as const)),
  );
}

function radiantsOf(orders: readonly Order[]): ReadonlySet<string> {
  return new Set(
    orders.flatMap(({ members }) => [...members.voters, ...members.learners].map(({ radiant }) => radiant)),
  );
}
