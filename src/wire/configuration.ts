import type { ClusterId, DeviceId, OrderId, RadiantId, ReplicaId, Slot } from './identifiers.ts';

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
  readonly orders: readonly Order[];
}

export interface Order extends CreationRecord {
  readonly shards: readonly ShardRange[];
}

/** What an order was born with. Immutable; only the voters named here bootstrap, once (design, rule 1). */
export interface CreationRecord {
  readonly id: OrderId;
  readonly firstVoters: readonly OrderMember[];
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
