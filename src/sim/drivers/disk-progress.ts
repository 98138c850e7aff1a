/**
 * Checks progress while disks hang. If a majority of an order's voters runs on disks that work, the order acknowledges
 * a write within 10 s. The checker writes to each order from tabs with such disks.
 */
import type { Configuration, Order } from '../../wire/configuration/configuration.ts';
import type { OrderId, ReplicaId } from '../../wire/identifiers.ts';
import { slotOfKey } from '../../store/key.ts';
import type { RaftSafety } from '../checkers/raft/raft-safety.ts';
import type { Workload } from './workload.ts';
import type { Random } from '../random.ts';
import { check } from '../violation.ts';
import type { SimulatedHost } from '../world/host.ts';
import type { World } from '../world/world.ts';

export const PROGRESS_MS = 10_000;
const LOOK_MS = 250;
/** Number of checks per round of writes. A round writes to each order. */
const LOOKS_BETWEEN_WRITES = 2;

export interface DiskProgressOptions {
  readonly world: World;
  readonly workload: Workload;
  readonly random: Random;
  /** Computes the members of each order from committed entries. */
  readonly raft: Pick<RaftSafety, 'history'>;
}

export class DiskProgress {
  readonly #options: DiskProgressOptions;
  /** By order: the time since when the order could have acknowledged a write and did not. */
  readonly #sinceMs = new Map<OrderId, number>();
  #looks = 0;
  #writes = 0;
  #isStopped = false;
  /** Longest time in which an order that could acknowledge a write did not. */
  longestMs = 0;

  constructor(options: DiskProgressOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.world.timeline.after(LOOK_MS, () => {
      if (this.#isStopped) return;
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#isStopped = true;
  }

  #look(): void {
    const { world } = this.#options;
    const configuration = world.configuration();
    if (configuration === undefined) return;
    this.#looks++;
    const orders = new Set(configuration.orders.map(({ id }) => id));
    for (const id of this.#sinceMs.keys()) if (!orders.has(id)) this.#sinceMs.delete(id);
    for (const order of configuration.orders) {
      if (!this.#isToProgress(order)) {
        this.#sinceMs.delete(order.id);
        continue;
      }
      const sinceMs = this.#sinceMs.get(order.id) ?? world.nowMs;
      this.#sinceMs.set(order.id, sinceMs);
      this.#judge(order.id, world.nowMs - sinceMs);
      if (this.#looks % LOOKS_BETWEEN_WRITES === 0) this.#write(configuration, order);
    }
  }

  #judge(order: OrderId, durationMs: number): void {
    this.longestMs = Math.max(this.longestMs, durationMs);
    check(
      durationMs < PROGRESS_MS,
      'orders with working disks make progress',
      () =>
        `order ${order} acknowledged no write for ${durationMs.toFixed(0)} ms, and most of its voters have disks that work`,
    );
  }

  /**
   * Whether the order serves slots and a majority of its voters runs on disks that work. A joint membership needs a
   * majority of each half.
   */
  #isToProgress({ id, shards, isDissolving }: Order): boolean {
    const membership = this.#options.raft.history(id)?.memberships.latest;
    if (membership === undefined || isDissolving || !shards.some(({ source }) => source === undefined)) return false;
    const atWork = this.#replicasAtWork(id);
    const { voters, outgoingVoters } = membership;
    return hasMajority(voters, atWork) && (outgoingVoters.length === 0 || hasMajority(outgoingVoters, atWork));
  }

  #replicasAtWork(order: OrderId): ReadonlySet<ReplicaId> {
    const replicas = this.#hostsAtWork().flatMap(({ radiants }) => radiants.flatMap((radiant) => radiant.replicas()));
    return new Set(replicas.filter((own) => own.order === order).map(({ replica }) => replica.replica));
  }

  #hostsAtWork(): readonly SimulatedHost[] {
    return this.#options.world.hosts.filter((host) => host.isReady && !host.isFrozen && !host.device.isHung);
  }

  #write(configuration: Configuration, order: Order): void {
    const { world, workload, random } = this.#options;
    const host = random.pick(this.#hostsAtWork());
    if (host === undefined) return;
    const key = this.#keyOf(configuration, order);
    workload.call(host, key, { kind: 'put', key, value: key }, (output) => {
      if (output !== undefined && this.#sinceMs.has(order.id)) this.#sinceMs.set(order.id, world.nowMs);
    });
  }

  /** A new key in a slot that the order serves. */
  #keyOf(configuration: Configuration, { id }: Order): string {
    for (;;) {
      this.#writes++;
      const key = `progress/${this.#writes}`;
      const slot = slotOfKey(encoder.encode(key));
      const shard = configuration.orders
        .find((order) => order.id === id)
        ?.shards.find(({ first, last }) => first <= slot && slot <= last);
      if (shard !== undefined && shard.source === undefined) return key;
    }
  }
}

const encoder = new TextEncoder();

function hasMajority(voters: readonly ReplicaId[], atWork: ReadonlySet<ReplicaId>): boolean {
  return voters.filter((voter) => atWork.has(voter)).length * 2 > voters.length;
}
