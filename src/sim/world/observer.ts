import type { Transition } from '../../cluster/lifecycle.ts';
import type { ReplicaView } from '../../radiant/contract.ts';
import type { Records, WriteBatch } from '../../storage/contract.ts';
import type { HeldShard } from '../../store/contract.ts';
import type { Reply, Request } from '../../wire/frames/frame.ts';
import type { BootId, OrderId, RadiantId } from '../../wire/identifiers.ts';

/** A radiant's replica of one order, as the radiant reports it. */
export interface ObservedReplica {
  readonly order: OrderId;
  readonly replica: Pick<ReplicaView, 'replica' | 'role' | 'term' | 'committed' | 'applied'>;
}

/** A radiant boot, as checkers see it. */
export interface ObservedRadiant {
  readonly name: string;
  readonly radiant: RadiantId;
  readonly boot: BootId;
  /** The radiant's replicas after its latest event. */
  replicas(): readonly ObservedReplica[];
  /** A digest of the order's state. Replicas with the same state have equal digests. */
  digest(order: OrderId): string | undefined;
  /** The shards that the radiant holds as a replica of the order. Undefined: unknown. */
  shards(order: OrderId): readonly HeldShard[] | undefined;
}

/**
 * Receives every action of a radiant when it happens.
 * @throws {Violation} if a promise is broken
 */
export interface Observer {
  /** A boot begins with these durable records. */
  started?(radiant: ObservedRadiant, records: Records): void;
  /** A batch was issued to the disk. It is not durable yet. */
  writeBegan?(radiant: ObservedRadiant, batch: WriteBatch): void;
  /** The batch is durable, even if the radiant ends before it is told. */
  writeFlushed?(radiant: ObservedRadiant, batch: WriteBatch): void;
  asked?(radiant: ObservedRadiant, order: OrderId, request: Request): void;
  replied?(radiant: ObservedRadiant, reply: Reply): void;
  sent?(radiant: ObservedRadiant, bytes: Uint8Array): void;
  /** The radiant handled an event, and performed the effects. */
  handled?(radiant: ObservedRadiant): void;
  /** The boot crashed, halted or left. */
  ended?(radiant: ObservedRadiant): void;
  entered?(transition: Transition): void;
  /** The identity is retired. Its replicas never act again. */
  retired?(radiant: RadiantId): void;
}
