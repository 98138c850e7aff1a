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

export type ConfigurationHeader = Omit<Configuration, 'number' | 'orders'>;

/** One numbered, immutable version of the orders, their members and their shards. */
export interface Configuration {
  readonly cluster: ClusterId;
  /** Number of explicit resets of the cluster. The generation and the number together identify a configuration. */
  readonly generation: number;
  /** Number of this configuration, counted from 1 at the founding. */
  readonly number: number;
  readonly algorithm: string;
  readonly stateMachine: string;
  readonly replicationFactor: number;
  /** Desired number of orders. Undefined asks for as many full orders as the radiants allow. */
  readonly wantedOrders: number | undefined;
  readonly bondsmith: CreationRecord;
  readonly orders: readonly Order[];
}

/**
 * The record of an order's birth. It is immutable. Only the voters in this record bootstrap the order, once (design,
 * rule 1).
 */
export type CreationRecord = Pick<Order, 'id' | 'firstVoters' | 'firstShards'>;
