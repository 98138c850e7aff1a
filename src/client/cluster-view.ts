/** What a client sees of the cluster, from the view of the radiant under it. */
import type { FormationView, OrderView, RadiantView } from '../radiant/contract.ts';
import { describeMissingVoters } from '../radiant/neighbours/missing-voters.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { OrderId } from '../wire/identifiers.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import { INTERVALS } from '../wire/limits.ts';
import { Downtime } from './downtime.ts';
import type { PendingCall } from './pending-call.ts';
import { NOT_GOVERNED, type Reason } from './reason.ts';
import { Ring } from './ring.ts';
import type { Route } from './route.ts';

export class ClusterView {
  #view: RadiantView | undefined;
  readonly #downtime = new Downtime();
  #configuration: Configuration | undefined;
  #ring: Ring | undefined;
  #orders: ReadonlyMap<OrderId, OrderView> = new Map();
  /** Since when no cluster has been found. */
  #seekingMs = Number.NEGATIVE_INFINITY;
  /** Since when no majority of an order can be reached. */
  readonly #quorumLostMs = new Map<OrderId, number>();

  /** @returns the configuration, where it is another one than before */
  look(view: RadiantView, nowMs: number): Configuration | undefined {
    if (this.#view?.formation.kind !== 'seeking') this.#seekingMs = nowMs;
    this.#view = view;
    const orders = view.bondsmith === undefined ? view.orders : [...view.orders, view.bondsmith];
    this.#orders = new Map(orders.map((order) => [order.order, order]));
    this.#noteQuorums(nowMs);
    const configuration = view.formation.kind === 'formed' ? view.formation.configuration : undefined;
    if (configuration === this.#configuration) return undefined;
    this.#configuration = configuration;
    this.#ring = configuration === undefined ? undefined : new Ring(configuration);
    return configuration;
  }

  /** Why a call cannot succeed as things are. Undefined if it can. */
  obstacle(call: PendingCall, nowMs: number): Reason | undefined {
    if (this.#downtime.isUnderWay) return this.#downtime.reasonToGiveUp(nowMs);
    const notFormed = this.#notFormed(nowMs);
    if (notFormed !== undefined) return notFormed;
    if (call.kind === 'governance' && this.#isStatic) return NOT_GOVERNED;
    const order = this.order(call);
    return order === undefined ? undefined : this.#missingQuorum(order, nowMs);
  }

  /** The radiant stopped with this error, or failed with it to start again. */
  lose(error: Pick<ShardbearerError, 'code' | 'message'>, nowMs: number): void {
    this.#downtime.note(error, nowMs);
  }

  /** A new boot of the radiant runs. */
  regain(): void {
    this.#downtime.end();
  }

  /** False: no call on a key has an obstacle. */
  mayObstruct(nowMs: number): boolean {
    if (this.#downtime.isUnderWay) return this.#downtime.reasonToGiveUp(nowMs) !== undefined;
    for (const lostMs of this.#quorumLostMs.values()) if (nowMs - lostMs >= INTERVALS.quorumPatienceMs) return true;
    return this.#notFormed(nowMs) !== undefined;
  }

  /** Undefined: nobody to ask is known yet. */
  route(call: PendingCall): Route | undefined {
    const configuration = this.#configuration;
    if (configuration === undefined || this.#downtime.isUnderWay) return undefined;
    if (call.kind === 'governance') {
      const order = configuration.bondsmith?.id;
      return order === undefined ? undefined : this.#routeTo(configuration, order, 0);
    }
    const place = this.#ring?.at(call.slot);
    return place === undefined ? undefined : this.#routeTo(configuration, place.order, place.shard.epoch);
  }

  /** The one that a call goes to; undefined: it is not known yet. */
  order(call: PendingCall): OrderId | undefined {
    return call.kind === 'key' ? this.#ring?.at(call.slot)?.order : this.#configuration?.bondsmith?.id;
  }

  /** Why there is no cluster to ask yet. Undefined if there is one, or one may form within moments. */
  #notFormed(nowMs: number): Reason | undefined {
    const formation = this.#view?.formation;
    if (formation === undefined || formation.kind === 'formed') return undefined;
    if (isInSight(formation, nowMs - this.#seekingMs)) return undefined;
    return { code: 'NOT_FORMED', ...describe(formation) };
  }

  /** Whether the configuration is known, and nobody decides on another one. */
  get #isStatic(): boolean {
    return this.#configuration !== undefined && this.#configuration.bondsmith === undefined;
  }

  /** Who is missing, if no majority could be reached for longer than a call waits. */
  #missingQuorum(order: OrderId, nowMs: number): Reason | undefined {
    const lostMs = this.#quorumLostMs.get(order);
    const view = this.#orders.get(order);
    if (lostMs === undefined || view === undefined || nowMs - lostMs < INTERVALS.quorumPatienceMs) return undefined;
    const voters = view.members.filter(({ memberKind }) => memberKind === 'voter');
    const missing = voters.filter(({ reachable }) => !reachable);
    const isLinked = (this.#view?.neighbours.length ?? 0) > 0;
    return { code: 'NO_QUORUM', ...describeMissingVoters({ voters: voters.length, missing, isLinked }) };
  }

  #routeTo({ number: configuration }: Configuration, order: OrderId, shardEpoch: number): Route {
    return { configuration, order, shardEpoch, herald: this.#orders.get(order)?.herald };
  }

  #noteQuorums(nowMs: number): void {
    for (const order of this.#quorumLostMs.keys()) {
      if (!this.#orders.has(order)) this.#quorumLostMs.delete(order);
    }
    for (const { order, quorumReachable } of this.#orders.values()) {
      if (quorumReachable) this.#quorumLostMs.delete(order);
      else if (!this.#quorumLostMs.has(order)) this.#quorumLostMs.set(order, nowMs);
    }
  }
}

/** Whether a cluster may be there in a moment. */
function isInSight(formation: Exclude<FormationView, { kind: 'formed' }>, seekingForMs: number): boolean {
  if (formation.kind === 'seeking') return seekingForMs < INTERVALS.seekingPatienceMs;
  return formation.present.length >= formation.needed;
}

function describe(formation: Exclude<FormationView, { kind: 'formed' }>): Pick<Reason, 'why' | 'advice'> {
  if (formation.kind === 'seeking') {
    return { why: 'No radiant of this cluster was found.', advice: 'Open the tab that founded it.' };
  }
  const { present, needed } = formation;
  const missing = Math.max(needed - present.length, 0);
  return {
    why: `The cluster forms when ${needed} radiants are present; ${present.length} of ${needed} are.`,
    advice: `Open ${missing} more ${missing === 1 ? 'tab' : 'tabs'}.`,
  };
}
