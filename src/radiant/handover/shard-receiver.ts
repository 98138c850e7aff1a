/**
 * Receives shards from other orders, several at a time. If the chunks of a shard do not arrive, another shard takes its
 * turn.
 */
import type { ShardRange } from '../../wire/configuration/configuration.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { OrderState } from '../replica/order-state.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import type { ArrivalContext, ArrivalPorts, ShardChunkBody } from './shard-arrival.ts';
import { ShardArrival } from './shard-arrival.ts';
import type { ComingShard } from './handover-plan.ts';
import { nameOfShard } from './handover-plan.ts';
import type { ShardProposals } from './shard-proposals.ts';

interface ShardTarget {
  readonly order: OrderId;
  readonly state: Pick<OrderState, 'shards'>;
}

type ReceiverContext = ArrivalContext & Pick<ReplicaContext, 'read'>;

export class ShardReceiver {
  readonly #replica: ShardTarget;
  readonly #context: ReceiverContext;
  readonly #ports: ArrivalPorts;
  readonly #arrivals = new Map<string, ShardArrival>();
  /** Time until which a shard with damaged chunks is not requested, by shard name. */
  readonly #restingUntilMs = new Map<string, number>();
  #coming: readonly ComingShard[] = [];
  /** Number of chunks that have arrived, by the name of the coming shard. */
  #chunks: ReadonlyMap<string, number> = new Map();
  /** Index of the next coming shard to consider. */
  #turn = 0;

  constructor(replica: ShardTarget, context: ReceiverContext, proposals: ShardProposals) {
    this.#replica = replica;
    this.#context = context;
    this.#ports = {
      proposals,
      isPiece: (bytes) => this.#isPiece(bytes),
      hasRoom: (bytes) => this.waitingBytes + bytes <= LIMITS.handover.shardsComingBytes,
    };
  }

  /** Bytes of the received chunks that are not in the log. */
  get waitingBytes(): number {
    return [...this.#arrivals.values()].reduce((sum, arrival) => sum + arrival.waitingBytes, 0);
  }

  get isWaiting(): boolean {
    return this.#arrivals.size > 0;
  }

  hear(body: ShardChunkBody): void {
    const arrival = this.#arrivals.get(nameOfShard(body.shard));
    if (arrival?.from === body.from) arrival.hear(body);
  }

  /**
   * Continues the shards that have begun.
   * @param coming all moving shards; the same object until a move changes
   */
  proceed(coming: readonly ComingShard[]): void {
    const isNew = coming !== this.#coming;
    if (isNew) this.#follow(coming);
    for (const [name, arrival] of this.#arrivals) this.#reconcile(name, arrival);
    if (isNew) this.#fill();
  }

  /** Requests missing chunks again, and begins further shards. */
  tick(coming: readonly ComingShard[]): void {
    for (const arrival of this.#arrivals.values()) arrival.tick();
    this.proceed(coming);
    this.#fill();
  }

  /** Bytes of the chunks that this herald received. */
  bytesOf(shard: ShardRange): number {
    return this.#arrivals.get(nameOfShard(shard))?.bytes ?? 0;
  }

  stepDown(): void {
    this.#follow([]);
  }

  #follow(coming: readonly ComingShard[]): void {
    this.#coming = coming;
    this.#chunks = new Map(coming.map(({ shard, chunks }) => [nameOfShard(shard), chunks]));
    for (const name of this.#arrivals.keys()) if (!this.#chunks.has(name)) this.#arrivals.delete(name);
    for (const name of this.#restingUntilMs.keys()) if (!this.#chunks.has(name)) this.#restingUntilMs.delete(name);
  }

  #reconcile(name: string, arrival: ShardArrival): void {
    const state = arrival.reconcile(this.#chunks.get(name) ?? 0);
    if (state === 'under-way') return;
    this.#arrivals.delete(name);
    if (state === 'in-vain') {
      const { nowMs, times } = this.#context.clock;
      this.#restingUntilMs.set(name, nowMs + times.handover.shardRetryMaximumMs);
    }
  }

  /**
   * Begins shards in turn. The number per sending order is limited, so that an unreachable order does not block the
   * others.
   */
  #fill(): void {
    const coming = this.#coming;
    const room = new Map<OrderId, number>();
    for (let looked = 0; looked < coming.length && this.#arrivals.size < LIMITS.handover.shardsComing; looked++) {
      const next = coming[this.#turn % coming.length];
      this.#turn = (this.#turn + 1) % coming.length;
      if (next === undefined) continue;
      const left = room.get(next.from) ?? this.#roomFor(next.from);
      room.set(next.from, left > 0 && this.#begin(next) ? left - 1 : left);
    }
  }

  #roomFor(order: OrderId): number {
    if (this.#context.heraldOf(order) === undefined) return 0;
    const taken = [...this.#arrivals.values()].filter(({ from }) => from === order);
    return LIMITS.handover.shardsAtOnce - taken.length;
  }

  /**
   * Begins to receive a shard.
   * @returns whether the shard was begun now
   */
  #begin(coming: ComingShard): boolean {
    const name = nameOfShard(coming.shard);
    const restsUntilMs = this.#restingUntilMs.get(name) ?? Number.NEGATIVE_INFINITY;
    if (this.#arrivals.has(name) || this.#context.clock.nowMs < restsUntilMs) return false;
    const arrival = new ShardArrival(this.#context, this.#ports, this.#replica.order, coming);
    this.#arrivals.set(name, arrival);
    arrival.reconcile(coming.chunks);
    return true;
  }

  #isPiece(bytes: Uint8Array): boolean {
    const { shards } = this.#replica.state;
    const isPiece = this.#context.read(() => {
      shards?.check(bytes);
      return shards !== undefined;
    });
    return isPiece ?? false;
  }
}
