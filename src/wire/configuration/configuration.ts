import type { Order } from '../generated/shardbearer.ts';
import type { ClusterId } from '../identifiers.ts';

export type {
  ConfigurationChange,
  Order,
  OrderMember,
  Participant,
  Shard,
  ShardRange,
} from '../generated/shardbearer.ts';

/** The fields that all configurations of a cluster share. */
export type ConfigurationHeader = Omit<Configuration, 'number' | 'orders'>;

/** One numbered, immutable version of the orders, their members and their shards. */
export interface Configuration {
  readonly cluster: ClusterId;
  /** Counts explicit resets. The generation and the number together identify a configuration. */
  readonly generation: number;
  /** The founding has number 1. */
  readonly number: number;
  /** Consensus algorithm of every order. */
  readonly algorithm: string;
  /** State machine of every order. */
  readonly stateMachine: string;
  readonly replicationFactor: number;
  /** Desired number of orders. Undefined: as many full orders as the radiants allow. */
  readonly wantedOrders: number | undefined;
  /** The creation record of the bondsmith's order. */
  readonly bondsmith: CreationRecord;
  readonly orders: readonly Order[];
}

/** Written at an order's birth and immutable. Only the voters named here bootstrap, once (design, rule 1). */
export type CreationRecord = Pick<Order, 'id' | 'firstVoters' | 'firstShards'>;
