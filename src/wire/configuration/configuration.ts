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

/** What all configurations of a cluster have in common. */
export type ConfigurationHeader = Omit<Configuration, 'number' | 'orders'>;

/** One numbered, immutable version of who forms which order and which order serves which shard. */
export interface Configuration {
  readonly cluster: ClusterId;
  /** Counts explicit resets; the configuration number is (generation, number). */
  readonly generation: number;
  /** 1 is the founding. */
  readonly number: number;
  /** Name of the consensus algorithm of every order. */
  readonly algorithm: string;
  /** Name of the state machine of every order. */
  readonly stateMachine: string;
  readonly replicationFactor: number;
  /** How many orders there are to be, if there are radiants for them; undefined: as many as can be full. */
  readonly wantedOrders: number | undefined;
  /** The order that decides on configurations, as it was born. */
  readonly bondsmith: CreationRecord;
  readonly orders: readonly Order[];
}

/** Written at an order's birth and immutable. Only the voters named here bootstrap, once (design, rule 1). */
export type CreationRecord = Pick<Order, 'id' | 'firstVoters' | 'firstShards'>;
