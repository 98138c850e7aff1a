/** The cluster as a client sees it, through the view of its radiant. */
import type { FormationView, OrderView, RadiantView } from '../radiant/contract.ts';
import { describeMissingVoters } from '../radiant/neighbours/missing-voters.ts';
import { ServedShards } from '../cluster/served-shards.ts';
import type { Configuration, ShardRange } from '../wire/configuration/configuration.ts';
import type { OrderId, Slot } from '../wire/identifiers.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import type { CallFailure } from './call-outcome.ts';
import type { SlotRange } from './contract.ts';
import type { PendingCall } from './pending-call.ts';
import { within } from './slot-ranges.ts';
import type { ClientTimes, Route } from './requests.ts';

type Destination =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'obstacle'; readonly failure: CallFailure };

export class ClusterView {
  readonly #times: ClientTimes;
  #view: RadiantView | undefined;
  /**
   * The start of a downtime of the radiant, and the failure of calls in it. Undefined while the radiant runs. Calls
   * wait for the radiant's next boot.
   */
  #downtime: { readonly sinceMs: number; readonly failure: CallFailure } | undefined;
  #configuration: Configuration | undefined;
  #servedShards: ServedShards | undefined;
  #orders: ReadonlyMap<OrderId, OrderView> = new Map();
  /** Time since which the radiant looks for its cluster. Valid only while the formation is `seeking`. */
  #seekingMs = Number.NEGATIVE_INFINITY;
  /** For each order without a reachable quorum, the time at which the client noticed the loss of the quorum. */
  readonly #quorumLostMs = new Map<OrderId, number>();

  constructor(times: ClientTimes) {
    this.#times = times;
  }

  /**
   * Takes the latest view of the radiant.
   * @returns the configuration if it changed
   */
  update(view: RadiantView, nowMs: number): Configuration | undefined {
    if (this.#view?.formation.kind !== 'seeking') this.#seekingMs = nowMs;
    this.#view = view;
    const orders = view.bondsmith === undefined ? view.orders : [...view.orders, view.bondsmith];
    this.#orders = new Map(orders.map((order) => [order.order, order]));
    this.#noteQuorums(nowMs);
    const configuration = view.formation.kind === 'formed' ? view.formation.configuration : undefined;
    if (configuration === this.#configuration) return undefined;
    this.#configuration = configuration;
    this.#servedShards = configuration === undefined ? undefined : new ServedShards(configuration);
    return configuration;
  }

  /** Notes that the radiant stopped with this error, or failed to start with it. */
  radiantStopped({ code, message }: Pick<ShardbearerError, 'code' | 'message'>, nowMs: number): void {
    this.#downtime = { sinceMs: this.#downtime?.sinceMs ?? nowMs, failure: { code, why: message, advice: '' } };
  }

  radiantRestarted(): void {
    this.#downtime = undefined;
  }

  /**
   * Returns the route of a call, or the reason why the call cannot succeed now. Returns undefined if the call has to
   * wait.
   */
  destination(call: PendingCall, nowMs: number): Destination | undefined {
    if (this.#downtime !== undefined || this.#configuration === undefined || this.#quorumLostMs.size > 0) {
      const failure = this.#obstacle(call, nowMs);
      if (failure !== undefined) return { kind: 'obstacle', failure };
    }
    if (this.#configuration === undefined || this.#downtime !== undefined) return undefined;
    const { number: configuration, bondsmith } = this.#configuration;
    const served = call.kind === 'governance' ? undefined : this.#servedShards?.at(call.slot);
    const order = call.kind === 'governance' ? bondsmith.id : served?.order;
    if (order === undefined) return undefined;
    const herald = this.#orders.get(order)?.herald;
    return { kind: 'route', route: { configuration, order, shardEpoch: served?.shard.epoch ?? 0, herald } };
  }

  #obstacle(call: PendingCall, nowMs: number): CallFailure | undefined {
    if (this.#downtime !== undefined) return this.#downtimeFailure(this.#downtime, nowMs);
    if (this.#view !== undefined && this.#view.formation.kind !== 'formed') {
      const failure = this.#notFormed(this.#view.formation, nowMs);
      if (failure !== undefined) return failure;
    }
    const order = this.order(call);
    return order === undefined ? undefined : this.#missingQuorum(order, nowMs);
  }

  /** Whether some waiting call may be impossible now, because of a downtime, a lost quorum, or an unformed cluster. */
  mayObstruct(nowMs: number): boolean {
    if (this.#downtime !== undefined) return this.#downtimeFailure(this.#downtime, nowMs) !== undefined;
    for (const lostMs of this.#quorumLostMs.values()) if (nowMs - lostMs >= this.#times.quorumPatienceMs) return true;
    const formation = this.#view?.formation;
    return formation !== undefined && formation.kind !== 'formed' && this.#notFormed(formation, nowMs) !== undefined;
  }

  /** Returns the order that a call goes to. Undefined if the order is unknown. */
  order(call: PendingCall): OrderId | undefined {
    return call.kind === 'governance' ? this.#configuration?.bondsmith.id : this.#servedShards?.at(call.slot)?.order;
  }

  orderAt(slot: Slot): OrderId | undefined {
    return this.#servedShards?.at(slot)?.order;
  }

  /** Returns the epoch of the shard with this slot. 0 if it is unknown which order serves the slot. */
  epochAt(slot: Slot): number {
    return this.#servedShards?.at(slot)?.shard.epoch ?? 0;
  }

  /** Returns the parts of these slot ranges that the order serves, with their epochs. */
  shardsOf(order: OrderId, slots: readonly SlotRange[]): readonly ShardRange[] {
    return this.#servedShards?.within(order, slots) ?? [];
  }

  /** Returns the parts of the ranges that the order serves. */
  partsAt<Range extends SlotRange>(order: OrderId, ranges: readonly Range[]): readonly Range[] {
    return within(ranges, this.shardsOf(order, ranges));
  }

  /** Returns the failure of calls during a downtime. Undefined while a new boot may start soon. */
  #downtimeFailure(
    { sinceMs, failure }: { readonly sinceMs: number; readonly failure: CallFailure },
    nowMs: number,
  ): CallFailure | undefined {
    // A full disk stays full until a person frees space, so calls do not wait for a new boot.
    const isPatient = failure.code !== 'STORAGE_FULL' && nowMs - sinceMs < this.#times.downtimePatienceMs;
    return isPatient ? undefined : failure;
  }

  /** Returns the failure of calls before the cluster is formed. Undefined if the cluster may form within moments. */
  #notFormed(formation: UnformedView, nowMs: number): CallFailure | undefined {
    if (formation.kind === 'seeking') {
      if (nowMs - this.#seekingMs < this.#times.seekingPatienceMs) return undefined;
    } else if (formation.present.length >= formation.needed) return undefined;
    return { code: 'NOT_FORMED', ...describe(formation) };
  }

  /**
   * Returns a failure that names the unreachable voters. Undefined until the quorum has been lost for
   * `quorumPatienceMs`.
   */
  #missingQuorum(order: OrderId, nowMs: number): CallFailure | undefined {
    const lostMs = this.#quorumLostMs.get(order);
    const view = this.#orders.get(order);
    if (lostMs === undefined || view === undefined || nowMs - lostMs < this.#times.quorumPatienceMs) return undefined;
    const voters = view.members.filter(({ memberKind }) => memberKind === 'voter');
    const missing = voters.filter(({ reachable }) => !reachable);
    const isLinked = (this.#view?.neighbours.length ?? 0) > 0;
    return { code: 'NO_QUORUM', ...describeMissingVoters({ voters: voters.length, missing, isLinked }) };
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

type UnformedView = Exclude<FormationView, { kind: 'formed' }>;

function describe(formation: UnformedView): Pick<CallFailure, 'why' | 'advice'> {
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
