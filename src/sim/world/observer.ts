import type { Transition } from '../../cluster/lifecycle.ts';
import type { ReplicaView } from '../../radiant/contract.ts';
import type { Records, WriteBatch } from '../../storage/contract.ts';
import type { HeldShard } from '../../store/contract.ts';
import type { Reply, Request } from '../../wire/frames/frame.ts';
import type { BootId, OrderId, RadiantId } from '../../wire/identifiers.ts';

/** A radiant's replica of one order, by its own account. */
export interface ObservedReplica {
  readonly order: OrderId;
  readonly replica: Pick<ReplicaView, 'replica' | 'role' | 'term' | 'committed' | 'applied'>;
}

/** A radiant boot as checkers see it. */
export interface ObservedRadiant {
  readonly name: string;
  readonly radiant: RadiantId;
  readonly boot: BootId;
  /** State after the latest event. */
  replicas(): readonly ObservedReplica[];
  /** Equal for replicas of an order with the same state. */
  digest(order: OrderId): string | undefined;
  /** Shards that it holds as a replica of an order. Undefined: unknown. */
  shards(order: OrderId): readonly HeldShard[] | undefined;
}

/**
 * Sees every action of a radiant when it happens.
 * @throws {Violation} if a promise is broken
 */
export interface Observer {
  /** A boot begins with these durable records. */
  started?(radiant: ObservedRadiant, records: Records): void;
  /** A batch was issued to the disk. It is not durable yet. */
  writeBegan?(radiant: ObservedRadiant, batch: WriteBatch): void;
  /** The batch is durable, even if the radiant does not live to learn it. */
  writeFlushed?(radiant: ObservedRadiant, batch: WriteBatch): void;
  asked?(radiant: ObservedRadiant, order: OrderId, request: Request): void;
  replied?(radiant: ObservedRadiant, reply: Reply): void;
  sent?(radiant: ObservedRadiant, bytes: Uint8Array): void;
  /** An event was handled, and its effects were performed. */
  handled?(radiant: ObservedRadiant): void;
  /** It crashed, halted or left. */
  ended?(radiant: ObservedRadiant): void;
  entered?(transition: Transition): void;
  /** The identity is retired. Its replicas never take part again. */
  retired?(radiant: RadiantId): void;
}
