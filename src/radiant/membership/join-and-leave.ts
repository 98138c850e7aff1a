/**
 * Joins and leaves the cluster (design, rules 5 and 7). A radiant without an order asks the bondsmith to join. When its
 * host wants the radiant to leave, it asks the bondsmith to release it.
 */
import { orderOfRadiant } from '../../cluster/configuration.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import type { BondsmithClient, BondsmithRefusal } from '../bondsmith-client.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { LeaveRefusal, LeavingView } from '../contract.ts';
import type { LocalOrders } from '../orders/local-orders.ts';
import type { KnownMembers } from '../neighbours/known-members.ts';
import type { ReplicaLifecycle } from './replica-lifecycle.ts';
import type { Identity } from '../identity.ts';

interface JoinAndLeaveOptions {
  readonly identity: Identity;
  readonly configuration: ConfigurationHolder;
  readonly members: KnownMembers;
  readonly replicaLifecycle: ReplicaLifecycle;
  readonly bondsmithClient: BondsmithClient;
  /** Whether the radiant joins on its own. */
  readonly joins: boolean;
  readonly orders: LocalOrders;
  readonly onViewChange: () => void;
}

export class JoinAndLeave {
  readonly #options: JoinAndLeaveOptions;
  #leaving: LeavingView | undefined;
  /**
   * Radiants that leave at the same time. Without these names, the bondsmith could make one leaving radiant the
   * successor of another.
   */
  #alsoLeaving: readonly RadiantId[] = [];

  constructor(options: JoinAndLeaveOptions) {
    this.#options = options;
  }

  /** The progress of the leave. Undefined if the radiant stays. */
  get leaving(): LeavingView | undefined {
    return this.#leaving;
  }

  leave(alsoLeaving: readonly RadiantId[] = []): void {
    this.#alsoLeaving = alsoLeaving;
    if (this.#leaving !== undefined) return;
    this.#note({ kind: 'asking', refusal: undefined });
    this.reconcile();
  }

  stay(): void {
    if (this.#leaving === undefined) return;
    this.#leaving = undefined;
    this.#options.onViewChange();
    this.reconcile();
  }

  /** Repeats the request to join or to leave. Call this in every tick. */
  reconcile(): void {
    if (this.#leaving?.kind === 'left') return;
    if (this.#leaving !== undefined) this.#reconcileLeave();
    else if (this.#lacksPlace()) this.#askForPlace();
  }

  #reconcileLeave(): void {
    const { identity, bondsmithClient } = this.#options;
    if (this.#hasLeft()) {
      this.#note({ kind: 'left' });
    } else if (this.#isInConfiguration()) {
      bondsmithClient.reconcile('leave', { kind: 'leave', radiants: [identity.radiant, ...this.#alsoLeaving] });
      this.#note({ kind: 'asking', refusal: leaveRefusal(bondsmithClient.refusal('leave')) });
    }
  }

  /**
   * Whether the radiant has left, durably. A reopened tab would otherwise find a replica that waits for an order it has
   * left.
   */
  #hasLeft(): boolean {
    const { members, identity, orders, replicaLifecycle } = this.#options;
    const isCountedOn =
      this.#isInConfiguration() || members.radiants().has(identity.radiant) || orders.byOrder.size > 0;
    return !isCountedOn && replicaLifecycle.isSettled;
  }

  #lacksPlace(): boolean {
    const { identity, configuration, joins } = this.#options;
    return joins && identity.durable && configuration.bondsmith !== undefined && !this.#isInConfiguration();
  }

  #isInConfiguration(): boolean {
    const { current } = this.#options.configuration;
    return current !== undefined && orderOfRadiant(current, this.#options.identity.radiant) !== undefined;
  }

  #askForPlace(): void {
    const { radiant, device } = this.#options.identity;
    this.#options.bondsmithClient.reconcile('join', { kind: 'join', participants: [{ radiant, device }] });
  }

  #note(leaving: LeavingView): void {
    if (isSame(leaving, this.#leaving)) return;
    this.#leaving = leaving;
    this.#options.onViewChange();
  }
}

function leaveRefusal(refusal: BondsmithRefusal | undefined): LeaveRefusal | undefined {
  if (refusal === undefined) return undefined;
  const { code, message, withoutEffect } = refusal;
  return { code, message, withoutEffect };
}

function isSame(one: LeavingView, other: LeavingView | undefined): boolean {
  if (one.kind === 'left' || other?.kind !== 'asking') return one.kind === other?.kind;
  const [now, before] = [one.refusal, other.refusal];
  return now?.code === before?.code && now?.message === before?.message && now?.withoutEffect === before?.withoutEffect;
}
