/**
 * The herald's part in what its order hands over: it has the shard frozen in the log, and hands out the pieces of what
 * is frozen. They are the same whoever makes them, so a later herald goes on where this one ends; and what a leader that
 * is none any more hands out is committed, too.
 */
import type { ShardRange } from '../../wire/configuration/configuration.ts';
import type { ShardBody } from '../../wire/frames/frame.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { INTERVALS, LIMITS } from '../../wire/limits.ts';
import { ChunkCursor } from '../replica/chunk-cursor.ts';
import type { Endpoint } from '../neighbours/router.ts';
import { isSameShard, isServed, nameOfShard, overlapping } from './plan.ts';
import type { OrderState } from '../replica/order-state.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import type { SecuredShards } from './secured.ts';
import type { ShardProposals } from './shard-proposals.ts';

export type ShardRequestBody = Extract<ShardBody, { kind: 'shard-request' }>;

interface ShardSource {
  readonly order: OrderId;
  readonly state: Pick<OrderState, 'shards'>;
}

type SenderContext = Pick<ReplicaContext, 'nowMs' | 'configuration' | 'sendShard'>;

/** How far a shard has been handed out. */
export interface Given {
  readonly chunks: number;
  readonly bytes: number;
}

/** A shard that is asked for. */
interface Giving {
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
  readonly #secured: Pick<SecuredShards, 'isSecured'>;
  /** The one that was asked for last comes last. */
  readonly #given = new Map<string, Giving>();
  /** Asked for by whoever knew of a configuration sooner than this radiant. */
  readonly #early = new Map<string, { readonly asker: Endpoint; readonly body: ShardRequestBody }>();

  constructor(
    replica: ShardSource,
    context: SenderContext,
    proposals: ShardProposals,
    secured: Pick<SecuredShards, 'isSecured'>,
  ) {
    this.#replica = replica;
    this.#context = context;
    this.#proposals = proposals;
    this.#secured = secured;
  }

  /** Of the pieces that are kept to be handed out again. */
  get keptBytes(): number {
    return [...this.#given.values()].reduce((sum, { cursor }) => sum + (cursor?.keptBytes ?? 0), 0);
  }

  /** A shard is asked for that is not frozen yet. */
  get isWaiting(): boolean {
    return [...this.#given.values()].some((giving) => isWaiting(giving));
  }

  hear(asker: Endpoint, body: ShardRequestBody): void {
    if (!this.#isToGive(body)) return this.#putOff(asker, body);
    const giving = this.#touch(body);
    if (giving === undefined) return;
    if (giving.wanted.size < 2 * LIMITS.shardWindow) giving.wanted.set(body.chunk, asker);
    this.#serve(giving);
  }

  /** Hands out what is frozen by now. */
  proceed(): void {
    for (const giving of this.#given.values()) if (isWaiting(giving)) this.#serve(giving);
  }

  /** Whoever asks for a piece far on gets it some ticks later: to make all those before it takes time. */
  tick(): void {
    for (const [name, { usedMs }] of this.#given) {
      if (this.#context.nowMs() - usedMs >= INTERVALS.shardOfferMs) this.#given.delete(name);
    }
    this.#hearEarly();
    for (const giving of this.#given.values()) if (giving.wanted.size > 0 && this.#serve(giving) === 'more') return;
  }

  /** What is whole where it belongs. */
  discard(left: readonly ShardRange[]): void {
    for (const shard of left) {
      this.#given.delete(nameOfShard(shard));
      this.#proposals.propose(`discard ${nameOfShard(shard)}`, { kind: 'discard', shard });
    }
  }

  stepDown(): void {
    this.#given.clear();
    this.#early.clear();
  }

  given(shard: ShardRange): Given | undefined {
    return this.#given.get(nameOfShard(shard));
  }

  /** The configuration that says so is on its way here, too: until then nobody who knows it is served anywhere. */
  #putOff(asker: Endpoint, body: ShardRequestBody): void {
    if (body.configurationNumber <= this.#ownNumber() || this.#early.size >= LIMITS.shardsGiven) return;
    this.#early.set(nameOfShard(body.shard), { asker, body });
  }

  #hearEarly(): void {
    for (const [name, { asker, body }] of this.#early) {
      if (body.configurationNumber > this.#ownNumber()) continue;
      this.#early.delete(name);
      this.hear(asker, body);
    }
  }

  #ownNumber(): number {
    return this.#context.configuration()?.number ?? 0;
  }

  /** By this radiant's own configuration: one that knows another one waits until both know the same. */
  #isToGive({ to, shard }: ShardRequestBody): boolean {
    const receiver = this.#context.configuration()?.orders.find(({ id }) => id === to);
    return receiver?.shards.some((known) => isSameShard(known, shard) && known.source === this.#replica.order) ?? false;
  }

  /** Undefined: there is no room for it now. */
  #touch({ to, shard }: ShardRequestBody): Giving | undefined {
    const name = nameOfShard(shard);
    const usedMs = this.#context.nowMs();
    const known = this.#given.get(name);
    if (known === undefined && this.#given.size >= LIMITS.shardsGiven && !this.#makeRoom(usedMs)) return undefined;
    const begun = { shard, to, wanted: new Map(), cursor: undefined, usedMs, isThrough: false, chunks: 0, bytes: 0 };
    const giving: Giving = known ?? begun;
    giving.usedMs = usedMs;
    this.#given.delete(name);
    this.#given.set(name, giving);
    return giving;
  }

  /** One that is asked for piece by piece keeps its place: to begin it anew again and again would take the most. */
  #makeRoom(nowMs: number): boolean {
    for (const [name, { isThrough, usedMs }] of this.#given) {
      if (!isThrough && nowMs - usedMs < INTERVALS.shardRetryMaximumMs) continue;
      this.#given.delete(name);
      return true;
    }
    return false;
  }

  /** @returns whether more pieces have to be made than a step can take */
  #serve(giving: Giving): 'done' | 'more' {
    const { shard, to, wanted } = giving;
    const cursor = this.#cursorOf(giving);
    if (cursor === undefined) return 'done';
    for (const number of [...wanted.keys()].sort((one, other) => one - other)) {
      const asker = wanted.get(number);
      const chunk = cursor.read(number, LIMITS.snapshotChunksAtOnce);
      if (chunk === undefined || asker === undefined) return 'more';
      wanted.delete(number);
      const { number: found, isLast, bytes } = chunk;
      if (found >= giving.chunks) {
        giving.chunks = found + 1;
        giving.bytes += bytes.length;
      }
      if (isLast) giving.isThrough = true;
      const from = this.#replica.order;
      this.#context.sendShard(asker, to, { kind: 'shard-chunk', from, shard, chunk: found, isLast, bytes });
      this.#keepLess();
    }
    return 'done';
  }

  /** A lost piece that is kept no more is made anew, with all before it. First of the shard that was asked for longest ago. */
  #keepLess(): void {
    let excess = this.keptBytes - LIMITS.shardsGivenBytes;
    for (const { cursor } of this.#given.values()) {
      while (excess > 0 && cursor !== undefined) {
        const before = cursor.keptBytes;
        if (!cursor.forgetOldest()) break;
        excess -= before - cursor.keptBytes;
      }
    }
  }

  /** Undefined: it is not frozen yet, or nobody may know. */
  #cursorOf(giving: Giving): ChunkCursor | undefined {
    const { shard, to } = giving;
    const keeper = this.#replica.state.shards;
    const here = overlapping(keeper?.held() ?? [], shard);
    if (here.some((held) => isSameShard(held, shard) && held.shardState.kind === 'frozen')) {
      if (!this.#secured.isSecured(nameOfShard(shard))) return undefined;
      giving.cursor ??= new ChunkCursor(() => keeper?.pieces(shard) ?? []);
      return giving.cursor;
    }
    giving.cursor = undefined;
    if (!isServed(here, shard, (epoch) => epoch < shard.epoch)) return undefined;
    this.#proposals.propose(`freeze ${nameOfShard(shard)}`, { kind: 'freeze', shard, to });
    return undefined;
  }
}

function isWaiting({ wanted, cursor }: Giving): boolean {
  return wanted.size > 0 && cursor === undefined;
}
