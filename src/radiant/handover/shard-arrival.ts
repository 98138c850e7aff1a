/**
 * Receives one shard. The herald requests chunks from the old owner's herald, a few beyond those applied, and writes
 * them into the log in order. A later herald continues from the log.
 */
import type { ShardRange } from '../../wire/configuration/configuration.ts';
import type { ShardBody } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Times } from '../../wire/times.ts';
import type { ArrivedChunk, Pace } from '../replica/chunk-source.ts';
import { ChunkSource } from '../replica/chunk-source.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import type { ComingShard } from './handover-plan.ts';
import { nameOfShard } from './handover-plan.ts';
import type { ShardProposals } from './shard-proposals.ts';

export type ShardChunkBody = Extract<ShardBody, { kind: 'shard-chunk' }>;

export type ArrivalContext = Pick<ReplicaContext, 'clock' | 'configuration' | 'heraldOf' | 'sendShard'>;

export interface ArrivalPorts {
  readonly proposals: ShardProposals;
  /** Whether the bytes can be a chunk of a shard. Checks only properties that do not depend on earlier chunks. */
  readonly isPiece: (bytes: Uint8Array) => boolean;
  /** Whether this number of additional bytes may be buffered until earlier chunks arrive. */
  readonly hasRoom: (bytes: number) => boolean;
}

type ArrivalState =
  | 'under-way'
  /** No chunk arrived, or no herald is known. */
  | 'given-up'
  /** The chunks are damaged. They are requested again after a pause. */
  | 'in-vain';

function paceOf({ handover: { shardRetryMs, shardRetryMaximumMs } }: Times): Pace {
  return {
    window: LIMITS.handover.shardWindow,
    retryMs: shardRetryMs,
    retryMaximumMs: shardRetryMaximumMs,
    vainRounds: LIMITS.handover.shardVainRounds,
  };
}

export class ShardArrival {
  readonly #context: ArrivalContext;
  readonly #ports: ArrivalPorts;
  readonly #to: OrderId;
  readonly shard: ShardRange;
  readonly from: OrderId;
  #source: ChunkSource<RadiantId> | undefined;
  /** Number of chunks in the state at the last call of `reconcile`. */
  #applied = 0;
  /** Number of chunks in the log, applied or not. */
  #proposed = 0;
  /** The next chunk, if the log did not take it at once. */
  #next: ArrivedChunk | undefined;
  #isWhole = false;
  /** Bytes of the chunks that this herald received. */
  bytes = 0;

  constructor(context: ArrivalContext, ports: ArrivalPorts, to: OrderId, { shard, from }: ComingShard) {
    this.#context = context;
    this.#ports = ports;
    this.#to = to;
    this.shard = shard;
    this.from = from;
  }

  /**
   * Proposes received chunks and requests further ones.
   * @param applied number of chunks in the state
   */
  reconcile(applied: number): ArrivalState {
    const herald = this.#context.heraldOf(this.from);
    if (herald === undefined) return 'given-up';
    const { nowMs, times } = this.#context.clock;
    if (this.#source?.from !== herald) this.#source = new ChunkSource(herald, paceOf(times), nowMs);
    if (applied > this.#proposed) this.#skipTo(applied);
    this.#propose();
    if (applied < this.#applied || this.#ports.proposals.isApplied(this.#nameOf(applied))) return 'in-vain';
    this.#applied = applied;
    this.#ask(applied);
    return this.#source.isGivenUp ? 'given-up' : 'under-way';
  }

  /**
   * Takes a received chunk. Any replica of the order that gives the shard may send chunks, because all its replicas
   * make equal chunks.
   */
  hear({ chunk, isLast, bytes }: ShardChunkBody): void {
    // A dropped chunk is requested again, like a lost one.
    if ((chunk > this.#taken && !this.#ports.hasRoom(bytes.length)) || !this.#ports.isPiece(bytes)) return;
    const isAwaited = this.#source?.take(chunk, { bytes: bytes.slice(), isLast }, this.#context.clock.nowMs) === true;
    if (isAwaited && isLast) this.#source?.endWith(chunk);
  }

  /** Bytes of the received chunks that are not in the log. */
  get waitingBytes(): number {
    return (this.#source?.earlyBytes ?? 0) + (this.#next?.bytes.length ?? 0);
  }

  /** Number of chunks that arrived in order. */
  get #taken(): number {
    return this.#proposed + (this.#next === undefined ? 0 : 1);
  }

  tick(): void {
    const source = this.#source;
    if (source === undefined) return;
    for (const chunk of source.missing(this.#context.clock.nowMs)) this.#request(source.from, chunk);
  }

  /** Skips the chunks that another herald wrote before this term. */
  #skipTo(applied: number): void {
    while (this.#proposed < applied) {
      this.#source?.release(this.#proposed);
      this.#proposed += 1;
    }
    this.#next = undefined;
  }

  #propose(): void {
    while (!this.#isWhole) {
      this.#next ??= this.#source?.release(this.#proposed);
      if (this.#next === undefined) return;
      const { isLast, bytes } = this.#next;
      const { shard, from } = this;
      const chunk = this.#proposed;
      const entry = { kind: 'install', shard, from, chunk, isLast, bytes } as const;
      if (this.#ports.proposals.propose(this.#nameOf(chunk), entry) === 'refused') return;
      this.#next = undefined;
      this.#proposed += 1;
      this.bytes += bytes.length;
      this.#isWhole = isLast;
    }
  }

  #ask(applied: number): void {
    const source = this.#source;
    if (source === undefined || this.#isWhole) return;
    for (const chunk of source.next(this.#taken, applied, this.#context.clock.nowMs)) this.#request(source.from, chunk);
  }

  #request(herald: RadiantId, chunk: number): void {
    const { shard, from } = this;
    const configurationNumber = this.#context.configuration()?.number ?? 0;
    const body = { kind: 'shard-request', to: this.#to, configurationNumber, shard, chunk } as const;
    this.#context.sendShard({ radiant: herald, boot: undefined }, from, body);
  }

  #nameOf(chunk: number): string {
    return `install ${nameOfShard(this.shard)} ${chunk}`;
  }
}
