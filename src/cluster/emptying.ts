/** The first half of dissolving an order: all its shards go to others, in as many steps as a configuration can say. */
import type { Configuration, ConfigurationChange } from '../wire/configuration/configuration.ts';
import type { OrderId } from '../wire/identifiers.ts';
import { changeBetween } from './configuration-change.ts';
import { asMuchAsFits } from './configuration-room.ts';
import { Draft } from './draft.ts';
import type { ClusterFacts } from './facts.ts';
import { sharedOut } from './shard-balance.ts';

export type Emptying =
  /** Of what is left then, more can go when these have arrived. */
  | { readonly kind: 'change'; readonly change: ConfigurationChange }
  /** There is nobody to take them. */
  | { readonly kind: 'no-receiver' }
  /** Not one shard more can be on its way. */
  | { readonly kind: 'no-room' };

/** @param id an order that serves something; no shard is on its way */
export function emptied(configuration: Configuration, facts: ClusterFacts, id: OrderId): Emptying {
  const draft = new Draft(configuration, facts);
  const receivers = new Set(draft.able.map((order) => order.id).filter((other) => other !== id));
  if (receivers.size === 0) return { kind: 'no-receiver' };
  const { shards } = draft.order(id);
  draft.setOrders([{ ...draft.order(id), isDissolving: true }]);
  const change = asMuchAsFits(configuration, shards.length, (most) =>
    changeBetween(configuration.orders, sharedOut(draft.orders, id, receivers, most)),
  );
  return change === undefined ? { kind: 'no-room' } : { kind: 'change', change };
}
