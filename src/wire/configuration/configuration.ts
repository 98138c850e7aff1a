import type { ClusterId, DeviceId, OrderId, RadiantId, ReplicaId, Slot } from '../identifiers.ts';

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
  /** The order that decides on configurations, as it was born; undefined: nobody does, this one stays for ever. */
  readonly bondsmith: CreationRecord | undefined;
  readonly orders: readonly Order[];
}

export interface Order extends CreationRecord {
  /** Who should form it (design, rule 7): its log says who does. */
  readonly members: WantedMembers;
  readonly shards: readonly Shard[];
  /** Its shards go to others so that it can end. One that serves nothing without this is left so: somebody wants it. */
  readonly isDissolving: boolean;
}

/** Whoever is a member of any order belongs to the cluster; everyone is a member of one at most. */
export interface WantedMembers {
  /** Of the configuration that named them. */
  readonly number: number;
  /** An odd number. */
  readonly voters: readonly Participant[];
  readonly learners: readonly Participant[];
}

/** What an order was born with. Immutable; only the voters named here bootstrap, once (design, rule 1). */
export interface CreationRecord {
  readonly id: OrderId;
  readonly firstVoters: readonly OrderMember[];
  /** What it served from its birth: with these its log begins. Only orders of the founding have any. */
  readonly firstShards: readonly ShardRange[];
}

/** A radiant, and where it lives. */
export interface Participant {
  readonly radiant: RadiantId;
  readonly device: DeviceId;
}

export interface OrderMember extends Participant {
  readonly replica: ReplicaId;
}

/** The slots `[first, last]`, both included. */
export interface ShardRange {
  readonly first: Slot;
  readonly last: Slot;
  /** Grows with every change of owner. */
  readonly epoch: number;
}

/** A shard, with the order that is to serve it. */
export interface Shard extends ShardRange {
  /** The order that it comes from, until this one has it whole; undefined: no transition is under way. */
  readonly source: OrderId | undefined;
}

/** What leads from one configuration to the next. */
export interface ConfigurationChange {
  /** Orders that are new, or are as they now shall be. */
  readonly orders: readonly Order[];
  readonly removed: readonly OrderId[];
}
