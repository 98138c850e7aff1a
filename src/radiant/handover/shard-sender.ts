/**
 * The herald's part in what its order hands over: it has the shard frozen in the log, and hands out the pieces of what
 * is frozen. They are the same whoever makes them, so a later herald goes on where this one ends; and what a leader that
 * is none any more hands out is committed, too.
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

/** How far a shard has been handed out. */
export interface SentProgress {
  readonly chunks: number;
  readonly bytes: number;
}

/** A shard that is asked for. */
interface OutgoingShard {
  readonly shard: ShardRange;
  readonly to: OrderId;
  /** Who waits for which piece. */
  readonly wanted: Map<number, Endpoint>;
  /** Undefined: it is not frozen yet. */
  cursor: ChunkCursor | undefined;
  usedMs: number;
  /** The last piece was handed out. */
  isThrough: boolean;
  chunks: number;
  bytes: number;
}

export class ShardSender {
  readonly #replica: ShardSource;
  readonly #context: SenderContext;
  readonly #proposals: ShardProposals;
  readonly #acknowledged: Pick<AcknowledgedShards, 'isAcknowledged'>;
  /** The one that was asked for last comes last. */
  readonly #outgoing = new Map<string, OutgoingShard>();
  /** RequestOrigin for by whoever knew of a configuration sooner than this radiant. */
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

  /** Of the pieces that are kept to be handed out again. */
  get keptBytes(): number {
    return [...this.#outgoing.values()].reduce((sum, { cursor }) => sum + (cursor?.keptBytes ?? 0), 0);
  }

  /** A shard is asked for that is not frozen yet. */
  get isWaiting(): boolean {
    return [...this.#outgoing.values()].some((outgoing) => isWaiting(outgoing));
  }

  hear(requester: Endpoint, body: ShardRequestBody): void {
    if (!this.#isMoving(body)) return this.#putOff(requester, body);
    const outgoing = this.#touch(body);
    if (outgoing === undefined) return;
    if (outgoing.wanted.size < 2 * LIMITS.shardWindow) outgoing.wanted.set(body.chunk, requester);
    this.#serve(outgoing);
  }

  /** Hands out what is frozen by now. */
  proceed(): void {
    for (const outgoing of this.#outgoing.values()) if (isWaiting(outgoing)) this.#serve(outgoing);
  }

  /** Whoever asks for a piece far on gets it some ticks later: to make all those before it takes time. */
  tick(): void {
    const { nowMs, times } = this.#context.clock;
    for (const [name, { usedMs }] of this.#outgoing) {
      if (nowMs - usedMs >= times.handover.shardOfferMs) this.#outgoing.delete(name);
    }
    this.#hearEarly();
    for (const outgoing of this.#outgoing.values())
      if (outgoing.wanted.size > 0 && this.#serve(outgoing) === 'more') return;
  }

  /** What is whole where it belongs. */
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

  /** The configuration that says so is on its way here, too: until then nobody who knows it is served anywhere. */
  #putOff(requester: Endpoint, body: ShardRequestBody): void {
    if (body.configurationNumber <= this.#ownNumber() || this.#early.size >= LIMITS.shardsGiven) return;
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

  /** By this radiant's own configuration: one that knows another one waits until both know the same. */
  #isMoving({ to, shard }: ShardRequestBody): boolean {
    const receiver = this.#context.configuration()?.orders.find(({ id }) => id === to);
    return receiver?.shards.some((known) => isSameShard(known, shard) && known.source === this.#replica.order) ?? false;
  }

  /** Undefined: there is no room for it now. */
  #touch({ to, shard }: ShardRequestBody): OutgoingShard | undefined {
    const name = nameOfShard(shard);
    const usedMs = this.#context.clock.nowMs;
    const known = this.#outgoing.get(name);
    if (known === undefined && this.#outgoing.size >= LIMITS.shardsGiven && !this.#makeRoom(usedMs)) return undefined;
    const begun = { shard, to, wanted: new Map(), cursor: undefined, usedMs, isThrough: false, chunks: 0, bytes: 0 };
    const outgoing: OutgoingShard = known ?? begun;
    outgoing.usedMs = usedMs;
    this.#outgoing.delete(name);
    this.#outgoing.set(name, outgoing);
    return outgoing;
  }

  /** One that is asked for piece by piece keeps its place: to begin it anew again and again would take the most. */
  #makeRoom(nowMs: number): boolean {
    const { shardRetryMaximumMs } = this.#context.clock.times.handover;
    for (const [name, { isThrough, usedMs }] of this.#outgoing) {
      if (!isThrough && nowMs - usedMs < shardRetryMaximumMs) continue;
      this.#outgoing.delete(name);
      return true;
    }
    return false;
  }

  /** @returns whether more pieces have to be made than a step can take */
  #serve(outgoing: OutgoingShard): 'done' | 'more' {
    const { shard, to, wanted } = outgoing;
    const cursor = this.#cursorOf(outgoing);
    if (cursor === undefined) return 'done';
    for (const number of [...wanted.keys()].sort((one, other) => one - other)) {
      const requester = wanted.get(number);
      const chunk = cursor.read(number, LIMITS.snapshotChunksAtOnce);
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

  /** A lost piece that is kept no more is made anew, with all before it. First of the shard that was asked for longest ago. */
  #keepLess(): void {
    let excess = this.keptBytes - LIMITS.shardsGivenBytes;
    for (const { cursor } of this.#outgoing.values()) {
      while (excess > 0 && cursor !== undefined) {
        const before = cursor.keptBytes;
        if (!cursor.forgetOldest()) break;
        excess -= before - cursor.keptBytes;
      }
    }
  }

  /** Undefined: it is not frozen yet, or nobody may know. */
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
