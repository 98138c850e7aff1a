/**
 * Sends shards to other orders. It freezes a shard through the log and then sends the chunks of the frozen state. All
 * replicas produce equal chunks, so a later herald continues. Frozen data is committed, so even chunks from a former
 * leader are correct.
 */
import type { ShardRange } from '../../wire/configuration/configuration.ts';
import type { ShardBody } from '../../wire/frames/frame.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ChunkCursor } from '../replica/chunk-cursor.ts';
import type { Endpoint } from '../neighbours/router.ts';
import { isSameShard, isServed, nameOfShard, overlapping } from './handover-plan.ts';
import type { OrderState } from '../replica/order-state.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import type { AcknowledgedShards } from './acknowledged-shards.ts';
import type { ShardProposals } from './shard-proposals.ts';

type ShardRequestBody = Extract<ShardBody, { kind: 'shard-request' }>;

interface ShardSource {
  readonly order: OrderId;
  readonly state: Pick<OrderState, 'shards'>;
}

type SenderContext = Pick<ReplicaContext, 'clock' | 'configuration' | 'sendShard'>;

export interface SentProgress {
  readonly chunks: number;
  readonly bytes: number;
}

/** A shard that another order requests. */
interface OutgoingShard {
  readonly shard: ShardRange;
  readonly to: OrderId;
  /** The requester of each chunk, by chunk number. */
  readonly wanted: Map<number, Endpoint>;
  /** Reads the chunks of the shard. Undefined until the shard is frozen. */
  cursor: ChunkCursor | undefined;
  usedMs: number;
  /** Whether the last chunk was sent. */
  isThrough: boolean;
  chunks: number;
  bytes: number;
}

export class ShardSender {
  readonly #replica: ShardSource;
  readonly #context: SenderContext;
  readonly #proposals: ShardProposals;
  readonly #acknowledged: Pick<AcknowledgedShards, 'isAcknowledged'>;
  /** The requested shards by name. The one that was requested last is at the end. */
  readonly #outgoing = new Map<string, OutgoingShard>();
  /** Requests from orders that know a later configuration than this radiant, by shard name. */
  readonly #early = new Map<string, { readonly requester: Endpoint; readonly body: ShardRequestBody }>();

  constructor(
    replica: ShardSource,
    context: SenderContext,
    proposals: ShardProposals,
    acknowledged: Pick<AcknowledgedShards, 'isAcknowledged'>,
  ) {
    this.#replica = replica;
    this.#context = context;
    this.#proposals = proposals;
    this.#acknowledged = acknowledged;
  }

  /** Bytes of the chunks that are kept to be sent again. */
  get keptBytes(): number {
    return [...this.#outgoing.values()].reduce((sum, { cursor }) => sum + (cursor?.keptBytes ?? 0), 0);
  }

  /** Whether a requested shard is not frozen yet. */
  get isWaiting(): boolean {
    return [...this.#outgoing.values()].some((outgoing) => isWaiting(outgoing));
  }

  hear(requester: Endpoint, body: ShardRequestBody): void {
    if (!this.#isMoving(body)) return this.#putOff(requester, body);
    const outgoing = this.#touch(body);
    if (outgoing === undefined) return;
    if (outgoing.wanted.size < 2 * LIMITS.handover.shardWindow) outgoing.wanted.set(body.chunk, requester);
    this.#serve(outgoing);
  }

  /** Sends the chunks of requested shards that are frozen now. */
  proceed(): void {
    for (const outgoing of this.#outgoing.values()) if (isWaiting(outgoing)) this.#serve(outgoing);
  }

  /** Serves requests. A chunk far ahead takes several ticks, because all chunks before it have to be produced. */
  tick(): void {
    const { nowMs, times } = this.#context.clock;
    for (const [name, { usedMs }] of this.#outgoing) {
      if (nowMs - usedMs >= times.handover.shardOfferMs) this.#outgoing.delete(name);
    }
    this.#hearEarly();
    for (const outgoing of this.#outgoing.values())
      if (outgoing.wanted.size > 0 && this.#serve(outgoing) === 'more') return;
  }

  /** Discards shards that are complete at their new order. */
  discard(left: readonly ShardRange[]): void {
    for (const shard of left) {
      this.#outgoing.delete(nameOfShard(shard));
      this.#proposals.propose(`discard ${nameOfShard(shard)}`, { kind: 'discard', shard });
    }
  }

  stepDown(): void {
    this.#outgoing.clear();
    this.#early.clear();
  }

  progressOf(shard: ShardRange): SentProgress | undefined {
    return this.#outgoing.get(nameOfShard(shard));
  }

  /** Keeps a request until this radiant has the configuration of the requester. */
  #putOff(requester: Endpoint, body: ShardRequestBody): void {
    if (body.configurationNumber <= this.#ownNumber() || this.#early.size >= LIMITS.handover.shardsGiven) return;
    this.#early.set(nameOfShard(body.shard), { requester, body });
  }

  #hearEarly(): void {
    for (const [name, { requester, body }] of this.#early) {
      if (body.configurationNumber > this.#ownNumber()) continue;
      this.#early.delete(name);
      this.hear(requester, body);
    }
  }

  #ownNumber(): number {
    return this.#context.configuration()?.number ?? 0;
  }

  /**
   * Whether the shard moves to the requester by the configuration of this radiant. A requester with another
   * configuration waits until both agree.
   */
  #isMoving({ to, shard }: ShardRequestBody): boolean {
    const receiver = this.#context.configuration()?.orders.find(({ id }) => id === to);
    return receiver?.shards.some((known) => isSameShard(known, shard) && known.source === this.#replica.order) ?? false;
  }

  /** Notes a request for a shard. Returns undefined if too many shards are in transfer. */
  #touch({ to, shard }: ShardRequestBody): OutgoingShard | undefined {
    const name = nameOfShard(shard);
    const usedMs = this.#context.clock.nowMs;
    const known = this.#outgoing.get(name);
    if (known === undefined && this.#outgoing.size >= LIMITS.handover.shardsGiven && !this.#makeRoom(usedMs))
      return undefined;
    const begun = { shard, to, wanted: new Map(), cursor: undefined, usedMs, isThrough: false, chunks: 0, bytes: 0 };
    const outgoing: OutgoingShard = known ?? begun;
    outgoing.usedMs = usedMs;
    this.#outgoing.delete(name);
    this.#outgoing.set(name, outgoing);
    return outgoing;
  }

  /**
   * Frees a place for another shard. A shard in active transfer keeps its place, because starting it again costs the
   * most.
   */
  #makeRoom(nowMs: number): boolean {
    const { shardRetryMaximumMs } = this.#context.clock.times.handover;
    for (const [name, { isThrough, usedMs }] of this.#outgoing) {
      if (!isThrough && nowMs - usedMs < shardRetryMaximumMs) continue;
      this.#outgoing.delete(name);
      return true;
    }
    return false;
  }

  /**
   * Sends the requested chunks of a shard.
   * @returns `more` if further chunks take another step
   */
  #serve(outgoing: OutgoingShard): 'done' | 'more' {
    const { shard, to, wanted } = outgoing;
    const cursor = this.#cursorOf(outgoing);
    if (cursor === undefined) return 'done';
    for (const number of [...wanted.keys()].sort((one, other) => one - other)) {
      const requester = wanted.get(number);
      const chunk = cursor.read(number, LIMITS.snapshots.snapshotChunksAtOnce);
      if (chunk === undefined || requester === undefined) return 'more';
      wanted.delete(number);
      const { number: found, isLast, bytes } = chunk;
      if (found >= outgoing.chunks) {
        outgoing.chunks = found + 1;
        outgoing.bytes += bytes.length;
      }
      if (isLast) outgoing.isThrough = true;
      const from = this.#replica.order;
      this.#context.sendShard(requester, to, { kind: 'shard-chunk', from, shard, chunk: found, isLast, bytes });
      this.#keepLess();
    }
    return 'done';
  }

  /**
   * Drops the oldest chunks of the shards that were requested longest ago. A repeated request for a dropped chunk
   * produces it again, with all chunks before it.
   */
  #keepLess(): void {
    let excess = this.keptBytes - LIMITS.handover.shardsGivenBytes;
    for (const { cursor } of this.#outgoing.values()) {
      while (excess > 0 && cursor !== undefined) {
        const before = cursor.keptBytes;
        if (!cursor.forgetOldest()) break;
        excess -= before - cursor.keptBytes;
      }
    }
  }

  /**
   * Reads the chunks of a frozen shard. Undefined if the shard is not frozen, or if other orders may not rely on that
   * yet.
   */
  #cursorOf(outgoing: OutgoingShard): ChunkCursor | undefined {
    const { shard, to } = outgoing;
    const keeper = this.#replica.state.shards;
    const here = overlapping(keeper?.held() ?? [], shard);
    if (here.some((held) => isSameShard(held, shard) && held.shardState.kind === 'frozen')) {
      if (!this.#acknowledged.isAcknowledged(nameOfShard(shard))) return undefined;
      outgoing.cursor ??= new ChunkCursor(() => keeper?.pieces(shard) ?? []);
      return outgoing.cursor;
    }
    outgoing.cursor = undefined;
    if (!isServed(here, shard, (epoch) => epoch < shard.epoch)) return undefined;
    this.#proposals.propose(`freeze ${nameOfShard(shard)}`, { kind: 'freeze', shard, to });
    return undefined;
  }
}

function isWaiting({ wanted, cursor }: OutgoingShard): boolean {
  return wanted.size > 0 && cursor === undefined;
}
