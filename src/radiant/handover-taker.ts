/**
 * The herald's part in what its order takes over: several shards at a time, each by itself. One that does not come
 * gives its place to the next.
 */
import type { ShardRange } from '../wire/configuration.ts';
import { INTERVALS, LIMITS } from '../wire/limits.ts';
import type { ArrivalRealm, ShardChunkBody } from './handover-arrival.ts';
import { ShardArrival } from './handover-arrival.ts';
import type { ComingShard } from './handover-plan.ts';
import { nameOfShard } from './handover-plan.ts';

export class ShardTaker {
  readonly #realm: ArrivalRealm;
  readonly #arrivals = new Map<string, ShardArrival>();
  /** What came of them was refused by the log: until when they are not asked for. */
  readonly #restingUntilMs = new Map<string, number>();
  /** Where the search for the next one goes on. */
  #turn = 0;

  constructor(realm: ArrivalRealm) {
    this.#realm = realm;
  }

  get isWaiting(): boolean {
    return this.#arrivals.size > 0;
  }

  hear(body: ShardChunkBody): void {
    const arrival = this.#arrivals.get(nameOfShard(body.shard));
    if (arrival?.from === body.from) arrival.hear(body);
  }

  /** @param coming all that are on their way, as the configuration and the log have it */
  pursue(coming: readonly ComingShard[]): void {
    const chunks = new Map(coming.map((one) => [nameOfShard(one.shard), one.chunks]));
    for (const [name, arrival] of this.#arrivals) {
      const applied = chunks.get(name);
      if (applied === undefined) this.#arrivals.delete(name);
      else this.#pursueOne(name, arrival, applied);
    }
    for (const name of this.#restingUntilMs.keys()) if (!chunks.has(name)) this.#restingUntilMs.delete(name);
    this.#fill(coming);
  }

  /** Of the pieces that this herald took. */
  bytesOf(shard: ShardRange): number {
    return this.#arrivals.get(nameOfShard(shard))?.bytes ?? 0;
  }

  tick(): void {
    for (const arrival of this.#arrivals.values()) arrival.tick();
  }

  stepDown(): void {
    this.#arrivals.clear();
    this.#restingUntilMs.clear();
  }

  #pursueOne(name: string, arrival: ShardArrival, applied: number): void {
    const standing = arrival.pursue(applied);
    if (standing === 'under-way') return;
    this.#arrivals.delete(name);
    if (standing === 'in-vain') {
      this.#restingUntilMs.set(name, this.#realm.nowMs() + INTERVALS.shardRetryMaximumMs);
    }
  }

  #fill(coming: readonly ComingShard[]): void {
    for (let looked = 0; looked < coming.length && this.#arrivals.size < LIMITS.shardsAtOnce; looked++) {
      const next = coming[this.#turn % coming.length];
      this.#turn = (this.#turn + 1) % coming.length;
      if (next !== undefined) this.#begin(next);
    }
  }

  #begin({ shard, from, chunks }: ComingShard): void {
    const name = nameOfShard(shard);
    const restsUntilMs = this.#restingUntilMs.get(name) ?? Number.NEGATIVE_INFINITY;
    if (this.#arrivals.has(name) || this.#realm.nowMs() < restsUntilMs) return;
    const arrival = new ShardArrival(this.#realm, shard, from);
    this.#arrivals.set(name, arrival);
    arrival.pursue(chunks);
  }
}
