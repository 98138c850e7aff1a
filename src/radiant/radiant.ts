/**
 * One node: what happens to it comes in as events, what it causes goes out as
 * effects. It runs until its storage fails, an invariant breaks or its page goes;
 * then it says nothing more, and its host makes a new one.
 */
import { Lifecycles } from '../cluster/lifecycles.ts';
import type { ErrorCode } from '../wire/errors.ts';
import { InvariantError, isShardbearerError, ShardbearerError, StorageLostError } from '../wire/errors.ts';
import type { HeldShard, StateMachineStatistics } from '../store/contract.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { OrderId } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';
import type { OwnReplica, RadiantMachine, RadiantOptions, RadiantView } from './contract.ts';
import { Effects } from './effects.ts';
import type { RadiantEffect, RadiantEvent } from './event.ts';
import { Parts } from './parts.ts';
import { viewOf } from './view.ts';

/** `retiring`: it has lost data and is silent; it only finds out whether the database is still its own. */
type Stage = 'running' | 'retiring' | 'stopped';

export class Radiant implements RadiantMachine {
  readonly #effects = new Effects();
  readonly #lifecycles: Lifecycles;
  readonly #parts: Parts;
  #stage: Stage = 'running';
  #isViewChanged = true;
  #isDiskFull = false;

  /** @throws {StorageLostError} `STORAGE_LOST` where what it should remember is damaged */
  constructor(options: RadiantOptions) {
    this.#lifecycles = options.lifecycles ?? new Lifecycles();
    this.#lifecycles.begin();
    try {
      this.#parts = new Parts(options, this.#effects, {
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
      // What a broken step caused must not reach anyone.
      this.#effects.cutTo(before);
      this.#break(error);
    }
  }

  takeEffects(): readonly RadiantEffect[] {
    return this.#effects.take();
  }

  view(): RadiantView {
    return viewOf(this.#parts, this.#lifecycles.radiant.state);
  }

  configuration(): Configuration | undefined {
    return this.#parts.configuration.current;
  }

  replicas(): readonly OwnReplica[] {
    const replicas: OwnReplica[] = [];
    for (const [order, group] of this.#parts.groups.byOrder) replicas.push({ order, replica: group.progress() });
    return replicas;
  }

  digest(order: OrderId): string | undefined {
    return this.#parts.groups.byOrder.get(order)?.digest();
  }

  statistics(order: OrderId): StateMachineStatistics | undefined {
    return this.#parts.groups.byOrder.get(order)?.statistics();
  }

  shards(order: OrderId): readonly HeldShard[] | undefined {
    return this.#parts.groups.byOrder.get(order)?.shards();
  }

  #take(event: RadiantEvent): void {
    const { clock, groups } = this.#parts;
    if (clock.advance()) this.#parts.restartClocks();
    // Before the event: it may ask for a read.
    if (clock.isTickLate()) groups.stoodStill();
    this.#dispatch(event);
    // After the event: a heartbeat that has just come must count before the time that passed without one.
    if (this.#stage === 'running' && clock.takesTick(event.kind === 'tick')) this.#parts.tick();
    if (this.#stage === 'running' && this.#parts.writer.isHung) this.#stepDown(storageHung());
  }

  #dispatch(event: RadiantEvent): void {
    const { writer, inbox, requests } = this.#parts;
    switch (event.kind) {
      case 'tick':
        return;
      case 'transport':
        inbox.take(event.event);
        return;
      case 'written':
        writer.written(event.write);
        this.#noteDiskRoom();
        return;
      case 'write-failed':
        if (event.error.code === 'STORAGE_FULL') {
          writer.refused(event.write);
          this.#noteDiskRoom();
        } else if (OUTLIVED_BY_OTHERS.has(event.error.code)) this.#stepDown(event.error);
        else this.#halt(event.error);
        return;
      case 'request':
        requests.ask(event.order, event.request);
        return;
      case 'change-members':
        this.#parts.targets.take(event.order, event);
        return;
      case 'leave':
        this.#parts.joinAndLeave.leave(event.beside);
        return;
      case 'stay':
        this.#parts.joinAndLeave.stay();
        return;
      case 'transfer-leadership':
        this.#parts.groups.transferLeadership();
        return;
      case 'identity-retired':
        this.#parts.retired.note(event.radiant);
        this.#parts.announcer.changed();
        return;
      case 'page-hidden-for-good':
        this.#leave();
        return;
    }
  }

  /** What an event left to be done, once all of it is known. */
  #settle(): void {
    if (this.#stage === 'stopped') return;
    if (this.#stage === 'running') {
      this.#parts.settle();
      this.#followOrders();
      if (this.#parts.announcer.announceIfDue()) this.#isViewChanged = true;
    }
    this.#parts.writer.begin();
    if (!this.#isViewChanged) return;
    this.#isViewChanged = false;
    this.#effects.push({ kind: 'view-changed' });
  }

  /** Where any of its orders is paused for a reconfiguration, so is the radiant. */
  #followOrders(): void {
    const { state } = this.#lifecycles.radiant;
    if (state !== 'associated' && state !== 'locked') return;
    const now = this.#parts.groups.isAnyLocked() ? 'locked' : 'associated';
    if (now === state) return;
    this.#lifecycles.radiant.enter(now);
    this.#isViewChanged = true;
  }

  /** Goodbye to all, and not a word more: another tab may take this identity up at once. */
  #leave(): void {
    this.#parts.sayGoodbye();
    this.#parts.groups.stop();
    this.#stage = 'stopped';
  }

  /**
   * This boot knows less than others have seen of it. From here on it is silent. That its database is
   * still its own is checked before the identity is given up: of two twins, the one that was left behind
   * must not retire the other.
   */
  #retire(why: string): void {
    if (this.#stage !== 'running') return;
    this.#stage = 'retiring';
    this.#parts.groups.fail();
    this.#parts.writer.prove(() => this.#halt(new StorageLostError(why)));
  }

  #finishRetiring(event: RadiantEvent): void {
    const { clock, writer } = this.#parts;
    if (clock.advance()) writer.restartClock();
    if (event.kind === 'written') writer.written(event.write);
    if (event.kind === 'write-failed') this.#halt(event.error);
    else if (writer.isHung) this.#halt(storageHung());
  }

  /** A radiant whose disk is full goes on: it votes for nobody and leads no writes, but it is linked and asked. */
  #noteDiskRoom(): void {
    const { writer } = this.#parts;
    if (this.#isDiskFull === writer.isFull) return;
    this.#isDiskFull = writer.isFull;
    this.#parts.noteDiskRoom();
    this.#isViewChanged = true;
  }

  /** Only the disk of this radiant fails: other voters lead at once, and every waiting call is answered. */
  #stepDown(error: ShardbearerError): void {
    this.#parts.resign();
    this.#halt(error);
  }

  #break(error: unknown): void {
    if (this.#stage === 'running' && error instanceof StorageLostError) {
      this.#retire(error.message);
      this.#settle();
    } else this.#halt(asShardbearerError(error));
  }

  #halt(error: ShardbearerError): void {
    if (this.#stage === 'stopped') return;
    this.#stage = 'stopped';
    this.#parts.groups.fail();
    this.#effects.push({ kind: 'view-changed' });
    this.#effects.push({ kind: 'halt', error });
  }
}

/** Failures of the disk alone. After any other failure this boot sends nothing more. */
const OUTLIVED_BY_OTHERS: ReadonlySet<ErrorCode> = new Set(['STORAGE_FAILED', 'STORAGE_HUNG']);

function storageHung(): ShardbearerError {
  return new ShardbearerError(
    'STORAGE_HUNG',
    `The disk of this device did not finish a write within ${INTERVALS.writeTimeoutMs / 1_000} s. ` +
      'Other tabs lead meanwhile; this one reopens its data. Reload the tab if that does not help.',
  );
}

function asShardbearerError(error: unknown): ShardbearerError {
  if (isShardbearerError(error)) return error;
  return new InvariantError('a radiant met an error that it does not know', { cause: error });
}
