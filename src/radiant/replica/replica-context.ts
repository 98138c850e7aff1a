import type { Lifecycle, OrderLifecycle } from '../../cluster/lifecycle.ts';
import type { SeenReplicas } from '../../cluster/seen-replicas.ts';
import type { AnyMachine } from '../../store/machine.ts';
import type { Configuration, ShardRange } from '../../wire/configuration/configuration.ts';
import type { RosterMember } from '../../wire/configuration/roster.ts';
import type { ShardBody } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId, ReplicaId } from '../../wire/identifiers.ts';
import type { Changes } from '../changes.ts';
import type { ReadableClock } from '../clock.ts';
import type { Handshake } from '../neighbours/handshake.ts';
import type { MemberPresence } from '../neighbours/member-liveness.ts';
import type { ReplySender } from '../neighbours/reply-sender.ts';
import type { Endpoint, Router } from '../neighbours/router.ts';
import type { Writer } from '../writer.ts';

/** The environment that a radiant gives to a replica and to the code of its herald. */
export interface ReplicaContext {
  readonly lifecycle: Lifecycle<OrderLifecycle>;
  readonly changes: Changes;
  readonly writer: Pick<Writer, 'add' | 'makeQueued'>;
  readonly seen: SeenReplicas;
  /** The machines of the application. */
  readonly machines: readonly AnyMachine[];
  /** Log bytes that make a checkpoint due while the state is small. */
  readonly checkpointLogBytes: number;
  /** Returns a number in [0, 1), uniformly distributed. */
  readonly random: () => number;
  readonly clock: ReadableClock;

  /** Returns the configuration that is durable on this radiant. */
  readonly configuration: () => Configuration | undefined;
  readonly heraldOf: (order: OrderId) => RadiantId | undefined;
  readonly radiantOf: (replica: ReplicaId) => RadiantId | undefined;
  readonly memberLiveness: (member: RosterMember) => MemberPresence;
  /** Whether the disk of any replica of this order has free space. True if unknown. */
  readonly hasDiskRoom: (replica: ReplicaId) => boolean;
  /** The reason why no majority of this order can be reached. Undefined if one can be reached. */
  readonly missingQuorum: () => string | undefined;
  /**
   * Decodes or checks untrusted input.
   * @returns undefined if the input was rejected; rejections are counted
   */
  readonly read: <Value>(reading: () => Value) => Value | undefined;

  readonly handshake: Pick<Handshake, 'partner'>;
  readonly router: Pick<Router, 'send'>;
  readonly replies: Pick<ReplySender, 'answer'>;
  readonly sendShard: (to: Endpoint, order: OrderId, body: ShardBody) => void;
  /** Tells the bondsmith that this order holds all of a shard. */
  readonly reportInstalled: (shard: ShardRange) => void;

  /** Called when the role, the leader, the members or the companion changed. */
  readonly onStatusChange: () => void;
  /** Called when the order serves other shards, or decided on a configuration. */
  readonly onChange: () => void;
}
