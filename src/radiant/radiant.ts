/**
 * One node, which takes events and causes effects. It runs until its storage fails, an invariant breaks or its page
 * closes. Then it stays silent, and its host starts another boot.
 */
import { Lifecycles } from '../cluster/lifecycle.ts';
import type { ErrorCode } from '../wire/errors.ts';
import { InvariantError, isShardbearerError, ShardbearerError, StorageLostError } from '../wire/errors.ts';
import type { HeldShard, StateMachineStatistics } from '../store/contract.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { OrderId } from '../wire/identifiers.ts';
import type { OwnReplica, RadiantMachine, RadiantOptions, RadiantView } from './contract.ts';
import type { RadiantEffect, RadiantEvent } from './event.ts';
import { Components } from './components.ts';
import { viewOf } from './radiant-view.ts';

/**
 * The stage of a radiant. A `retiring` radiant has lost data and is silent. It only checks whether the database is
 * still its own.
 */
type Stage = 'running' | 'retiring' | 'stopped';

export class Radiant implements RadiantMachine {
  readonly #effects: RadiantEffect[] = [];
  readonly #lifecycles: Lifecycles;
  readonly #components: Components;
  #stage: Stage = 'running';
  #isViewChanged = true;
  #isDiskFull = false;
  /** The count of changes at the last call of `#reconcile`. */
  #reconciledCount = -1;
  /** Whether a tick has passed since the last call of `#reconcile`. */
  #isTicked = false;

  /** @throws {StorageLostError} `STORAGE_LOST` if the records are damaged */
  constructor(options: RadiantOptions) {
    this.#lifecycles = options.lifecycles ?? new Lifecycles();
    this.#lifecycles.begin();
    try {
      this.#components = new Components(options, this.#effects, {
        lifecycles: this.#lifecycles,
        onAssociated: () => this.#lifecycles.radiant.enter('associated'),
        onViewChange: () => {
          this.#isViewChanged = true;
        },
        onLost: (why) => this.#retire(why),
      });
    } catch (error) {
      this.#lifecycles.fail();
      throw error;
    }
    this.#settle();
  }

  handle(event: RadiantEvent): void {
    if (this.#stage === 'stopped') return;
    const before = this.#effects.length;
    try {
      if (this.#stage === 'retiring') this.#finishRetiring(event);
      else this.#take(event);
      this.#settle();
    } catch (error) {
      // The effects of a failed step must not reach any radiant.
      this.#effects.length = before;
      this.#break(error);
    }
  }

  takeEffects(): readonly RadiantEffect[] {
    // Hosts repeat this call until no effect is left, so the last call allocates nothing.
    return this.#effects.length === 0 ? NOTHING : this.#effects.splice(0);
  }

  view(): RadiantView {
    return viewOf(this.#components, this.#lifecycles.radiant.state);
  }

  configuration(): Configuration | undefined {
    return this.#components.configuration.current;
  }

  replicas(): readonly OwnReplica[] {
    const replicas: OwnReplica[] = [];
    for (const [id, { replica }] of this.#components.orders.byOrder) {
      replicas.push({ order: id, replica: replica.progress() });
    }
    return replicas;
  }

  digest(order: OrderId): string | undefined {
    return this.#components.orders.byOrder.get(order)?.replica.state.digest();
  }

  statistics(order: OrderId): StateMachineStatistics | undefined {
    return this.#components.orders.byOrder.get(order)?.replica.state.statistics();
  }

  shards(order: OrderId): readonly HeldShard[] | undefined {
    return this.#components.orders.byOrder.get(order)?.heldShards();
  }

  #take(event: RadiantEvent): void {
    const { clock, orders } = this.#components;
    const { isGap, isTickLate, isTick } = clock.advance(event.kind === 'tick');
    if (isGap) this.#components.onClockGap();
    // This comes before the event, which may ask for a read.
    if (isTickLate) orders.onLateTick();
    this.#dispatch(event);
    // This comes after the event, because a heartbeat that has just arrived must count before the tick.
    if (isTick && this.#stage === 'running') this.#tick();
  }

  #tick(): void {
    this.#isTicked = true;
    this.#components.tick();
    if (this.#stage === 'running' && this.#components.writer.isHung) this.#stepDown(this.#storageHung());
  }

  #dispatch(event: RadiantEvent): void {
    const { writer, inbox, requests, changes } = this.#components;
    switch (event.kind) {
      case 'tick':
        return;
      case 'transport':
        inbox.take(event.event);
        return;
      case 'written':
        writer.written(event.write);
        if (writer.isFull !== this.#isDiskFull) this.#noteDiskRoom();
        return;
      case 'write-failed':
        if (event.error.code === 'STORAGE_FULL') {
          writer.refused(event.write);
          if (writer.isFull !== this.#isDiskFull) this.#noteDiskRoom();
        } else if (OUTLIVED_BY_OTHERS.has(event.error.code)) this.#stepDown(event.error);
        else this.#halt(event.error);
        return;
      case 'request':
        requests.ask(event.order, event.request);
        return;
      case 'leave':
        changes.note();
        this.#components.memberships.joinAndLeave.leave(event.alsoLeaving);
        return;
      case 'stay':
        changes.note();
        this.#components.memberships.joinAndLeave.stay();
        return;
      case 'transfer-leadership':
        changes.note();
        this.#components.orders.transferLeadership();
        return;
      case 'identity-retired':
        changes.note();
        this.#components.neighbourhood.retired.note(event.radiant);
        this.#components.neighbourhood.announcer.changed();
        return;
      case 'page-hidden-for-good':
        this.#leave();
        return;
    }
  }

  /** Reconciles after a change, and begins the next write. */
  #settle(): void {
    if (this.#stage === 'stopped') return;
    const { changes, writer } = this.#components;
    const isDue = this.#isTicked || changes.count !== this.#reconciledCount;
    if (isDue && this.#stage === 'running') this.#reconcile();
    writer.begin();
    if (!this.#isViewChanged) return;
    this.#isViewChanged = false;
    this.#effects.push({ kind: 'view-changed' });
  }

  /** Makes the decisions that a change left open. */
  #reconcile(): void {
    this.#isTicked = false;
    this.#reconciledCount = this.#components.changes.count;
    this.#components.reconcile();
    this.#followOrders();
    if (this.#components.neighbourhood.announcer.announceIfDue()) this.#isViewChanged = true;
  }

  /** Locks the radiant while any of its orders is locked. */
  #followOrders(): void {
    const { state } = this.#lifecycles.radiant;
    if (state !== 'associated' && state !== 'locked') return;
    const now = this.#components.orders.isAnyLocked() ? 'locked' : 'associated';
    if (now === state) return;
    this.#lifecycles.radiant.enter(now);
    this.#isViewChanged = true;
  }

  /** Says goodbye and stops. Another tab may adopt this identity at once. */
  #leave(): void {
    this.#components.neighbourhood.sayGoodbye();
    this.#components.orders.stop();
    this.#stage = 'stopped';
  }

  /**
   * Retires this boot, which knows less than others have seen of it. It checks that the database is still its own
   * before it gives up the identity. A frozen earlier boot must not retire its successor.
   */
  #retire(why: string): void {
    if (this.#stage !== 'running') return;
    this.#stage = 'retiring';
    this.#components.orders.fail();
    this.#components.writer.prove(() => this.#halt(new StorageLostError(why)));
  }

  #finishRetiring(event: RadiantEvent): void {
    const { clock, writer } = this.#components;
    if (clock.advance(event.kind === 'tick').isGap) writer.restartClock();
    if (event.kind === 'written') writer.written(event.write);
    if (event.kind === 'write-failed') this.#halt(event.error);
    else if (writer.isHung) this.#halt(this.#storageHung());
  }

  /** Handles a full disk. A radiant with a full disk stays linked, but it neither votes nor accepts writes. */
  #noteDiskRoom(): void {
    this.#isDiskFull = this.#components.writer.isFull;
    this.#components.noteDiskRoom();
    this.#isViewChanged = true;
  }

  /** Answers every waiting call, lets another voter lead at once, and halts. The other disks are intact. */
  #stepDown(error: ShardbearerError): void {
    this.#components.resign();
    this.#halt(error);
  }

  #break(error: unknown): void {
    if (this.#stage === 'running' && error instanceof StorageLostError) {
      this.#retire(error.message);
      this.#settle();
    } else this.#halt(asShardbearerError(error));
  }

  #storageHung(): ShardbearerError {
    const { writeTimeoutMs } = this.#components.clock.times.storage;
    return new ShardbearerError(
      'STORAGE_HUNG',
      `The disk of this device did not finish a write within ${writeTimeoutMs / 1_000} s. ` +
        'Other tabs lead meanwhile; this one reopens its data. Reload the tab if that does not help.',
    );
  }

  #halt(error: ShardbearerError): void {
    if (this.#stage === 'stopped') return;
    this.#stage = 'stopped';
    this.#components.orders.fail();
    this.#effects.push({ kind: 'view-changed' });
    this.#effects.push({ kind: 'halt', error });
  }
}

/** Failures of the disk alone. After any other error this boot sends nothing more. */
const OUTLIVED_BY_OTHERS: ReadonlySet<ErrorCode> = new Set(['STORAGE_FAILED', 'STORAGE_HUNG']);

const NOTHING: readonly RadiantEffect[] = [];

function asShardbearerError(error: unknown): ShardbearerError {
  if (isShardbearerError(error)) return error;
  return new InvariantError('a radiant caught an error of an unknown type', { cause: error });
}
