import type { OrderId, RadiantId } from '../wire/identifiers.ts';

/** Where a call goes now, as far as this client knows. */
export interface Route {
  /** Number of the configuration that says so. */
  readonly configuration: number;
  readonly order: OrderId;
  /** Of the shard that the call is about; 0 for the bondsmith's order, which has none. */
  readonly shardEpoch: number;
  /** Undefined: none is known. */
  readonly herald: RadiantId | undefined;
}

/** Whether who was asked over `before` is not the one to ask now. */
export function leadsElsewhere(before: Route, now: Route): boolean {
  if (before.order !== now.order || before.shardEpoch !== now.shardEpoch) return true;
  return now.herald !== undefined && now.herald !== before.herald;
}
