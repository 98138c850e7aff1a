import type { Transition } from '../../cluster/lifecycle.ts';
import type { ReplicaView } from '../../radiant/contract.ts';
import type { Records, WriteBatch } from '../../storage/contract.ts';
import type { HeldShard } from '../../store/contract.ts';
import type { Reply, Request } from '../../wire/frames/frame.ts';
import type { BootId, OrderId, RadiantId } from '../../wire/identifiers.ts';

/** A radiant's part in one order, as it tells of it itself. */
export interface ObservedReplica {
  readonly order: OrderId;
  readonly replica: Pick<ReplicaView, 'replica' | 'role' | 'term' | 'committed' | 'applied'>;
}

/** A radiant boot as a checker sees it. */
export interface ObservedRadiant {
  readonly name: string;
  readonly radiant: RadiantId;
  readonly boot: BootId;
  /** As of the latest event. */
  replicas(): readonly ObservedReplica[];
  /** Equal for replicas of an order that hold the same state. */
  digest(order: OrderId): string | undefined;
  /** What it holds of the ring as a replica of an order; undefined: nothing is known of it. */
  shards(order: OrderId): readonly HeldShard[] | undefined;
}

/** Sees all that radiants do, at the instant they do it; throws a `Violation` where a promise breaks. */
export interface Observer {
  /** A boot begins with these durable records. */
  started?(radiant: ObservedRadiant, records: Records): void;
  /** It handed a batch to its disk: not durable yet. */
  writeBegan?(radiant: ObservedRadiant, batch: WriteBatch): void;
  /** The batch is durable, whether or not the radiant lives to learn it. */
  writeFlushed?(radiant: ObservedRadiant, batch: WriteBatch): void;
  /** A client in its host asks for something. */
  asked?(radiant: ObservedRadiant, order: OrderId, request: Request): void;
  /** A client in its host is answered. */
  replied?(radiant: ObservedRadiant, reply: Reply): void;
  /** A frame leaves it. */
  sent?(radiant: ObservedRadiant, bytes: Uint8Array): void;
  /** One event was taken, and all its effects performed. */
  handled?(radiant: ObservedRadiant): void;
  /** It crashed, halted or left. */
  ended?(radiant: ObservedRadiant): void;
  /** A radiant or an order has made a transition of its lifecycle. */
  entered?(transition: Transition): void;
  /** Its identity is gone for good: its replicas never take part again. */
  retired?(radiant: RadiantId): void;
}
