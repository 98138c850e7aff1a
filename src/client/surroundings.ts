/** What a client sees of the cluster, from the view of the radiant under it. */
import { assignmentOfSlot } from '../cluster/configuration.ts';
import type { FormationView, OrderView, RadiantView } from '../radiant/contract.ts';
import type { OrderId, RadiantId, Slot } from '../wire/identifiers.ts';
import { shortId } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';

/** Where a call goes. */
export interface Destination {
  readonly order: OrderId;
  readonly shardEpoch: number;
  /** Undefined: none is known. */
  readonly herald: RadiantId | undefined;
}

export class Surroundings {
  #view: RadiantView | undefined;
  /** Since when no cluster has been found. */
  #seekingMs = Number.NEGATIVE_INFINITY;
  /** Since when no majority of an order can be reached. */
  readonly #quorumLostMs = new Map<OrderId, number>();

  look(view: RadiantView, nowMs: number): void {
    if (this.#view?.formation.kind !== 'seeking') this.#seekingMs = nowMs;
    this.#view = view;
    for (const { order, quorumReachable } of view.orders) {
      if (quorumReachable) this.#quorumLostMs.delete(order);
      else if (!this.#quorumLostMs.has(order)) this.#quorumLostMs.set(order, nowMs);
    }
  }

  /** Why there is no cluster to ask yet; undefined where there is one, or may be one in a moment. */
  notFormed(nowMs: number): string | undefined {
    const formation = this.#view?.formation;
    if (formation === undefined || formation.kind === 'formed') return undefined;
    const isSettled = formation.kind === 'collecting' || nowMs - this.#seekingMs >= INTERVALS.quorumPatienceMs;
    return isSettled ? describe(formation) : undefined;
  }

  destination(slot: Slot): Destination | undefined {
    const formation = this.#view?.formation;
    if (formation?.kind !== 'formed') return undefined;
    const assignment = assignmentOfSlot(formation.configuration, slot);
    if (assignment === undefined) return undefined;
    const { id: order } = assignment.order;
    return { order, shardEpoch: assignment.shard.epoch, herald: this.heraldOf(order) };
  }

  heraldOf(order: OrderId): RadiantId | undefined {
    return this.#orderView(order)?.herald;
  }

  /** Who is missing, where no majority could be reached for longer than a call waits for. */
  missingQuorum(order: OrderId, nowMs: number): string | undefined {
    const lostMs = this.#quorumLostMs.get(order);
    const view = this.#orderView(order);
    if (lostMs === undefined || view === undefined || nowMs - lostMs < INTERVALS.quorumPatienceMs) return undefined;
    const voters = view.members.filter(({ standing }) => standing === 'voter');
    const missing = voters.filter(({ reachable }) => !reachable);
    const names = missing.map(({ radiant }) => shortId(radiant)).join(', ');
    const present = voters.length - missing.length;
    return `${present} of ${voters.length} voters can be reached; missing: ${names}. Open their tabs again`;
  }

  #orderView(order: OrderId): OrderView | undefined {
    return this.#view?.orders.find((candidate) => candidate.order === order);
  }
}

function describe(formation: Exclude<FormationView, { kind: 'formed' }>): string {
  if (formation.kind === 'seeking') return 'no founder of this cluster has been found yet; open the tab that made it';
  const { present, needed } = formation;
  const missing = Math.max(needed - present.length, 0);
  return `the cluster forms when ${needed} radiants are present; ${present.length} of ${needed} are, open ${missing} more`;
}
