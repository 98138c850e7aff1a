/** Hosts the radiants of one tab, which are its own and those that it adopted. */
import type { ClientMachine } from '../client/contract.ts';
import type { Lifecycles } from '../cluster/lifecycle.ts';
import type { RadiantMachine, RadiantView } from '../radiant/contract.ts';
import type { Database } from '../storage/contract.ts';
import type { SignalingState, Transport } from '../transport/contract.ts';
import type { ScheduledTask, Scheduler } from '../transport/scheduler.ts';
import { ShardbearerError } from '../wire/errors.ts';
import type { BootId, RadiantId } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';
import { Adoption, releaseRunning, releaseUnused, type Running } from './adoption.ts';
import { ClientDriver } from './client-driver.ts';
import type { HostView } from './contract.ts';
import { LeaveProcess, leaveWithin } from './leave-process.ts';
import { typedError } from './error-record.ts';
import { hasDeparted, isVoter, NEWCOMER } from './identity-choice.ts';
import type { HeldIdentity, IdentityKeeper } from './identity-keeper.ts';
import type { Locks } from './locks.ts';
import { foundedTwice, memoryOnly, ProblemList, withShown } from './problems.ts';
import { RadiantRunner, restartDelayMs, type RunnerListener } from './radiant-runner.ts';

interface HostParts {
  readonly room: string;
  /** Registers the cluster on this device again, for example after site data was cleared. */
  readonly remember: () => Promise<void>;
  readonly keeper: IdentityKeeper;
  readonly locks: Locks;
  readonly adoption: boolean;
  readonly role: HostView['role'];
  readonly storage: HostView['storage'];
  readonly frames: () => HostView['frames'];
  /**
   * Creates a radiant on an open database.
   * @param place whether the radiant asks for a place in the cluster; an adopted one does not
   */
  readonly createRadiant: (database: Database, place: 'wanted' | 'kept', lifecycles: Lifecycles) => RadiantMachine;
  readonly createTransport: (radiant: RadiantId, boot: BootId) => Transport;
  readonly createClient: () => ClientMachine;
  readonly scheduler: Scheduler;
  readonly times: Times;
}

export class RadiantHost {
  readonly #parts: HostParts;
  readonly client: ClientDriver;
  readonly #adoption: Adoption;
  readonly #problems = new ProblemList(() => this.#scheduleView());
  /** Whether the registry of this device knows the radiant as a voter, by radiant. */
  readonly #marks = new Map<RadiantId, boolean>();
  /** Identities of this device with lost data. They are kept here because the registry may be lost, too. */
  readonly #retired = new Set<RadiantId>();
  readonly #listeners = new Set<(view: HostView) => void>();
  readonly #timers: ReturnType<typeof setInterval>[];
  #own: Running;
  #signaling: SignalingState = 'connecting';
  #viewDue: ScheduledTask | undefined;
  #leaving: LeaveProcess | undefined;
  #hasLeft = false;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(own: HeldIdentity, parts: HostParts) {
    this.#parts = parts;
    this.client = new ClientDriver(parts.createClient());
    const { room, keeper, locks, scheduler, times } = parts;
    this.#adoption = new Adoption({
      room,
      keeper,
      locks,
      scheduler,
      times,
      prepare: (identity) => this.#prepareAdopted(identity),
      own: () => this.#own.identity.radiant,
      ownView: () => this.#own.runner.view(),
      onProblem: (error) => this.#problems.note(error),
    });
    if (parts.storage === 'memory' && parts.role === 'radiant') this.#problems.note(memoryOnly());
    this.#own = this.#prepareOwn(own);
    this.#own.runner.start(own.database);
    void this.#tellRetired();
    this.#timers = [setInterval(() => this.#tick(), parts.times.raft.tickMs)];
    if (parts.adoption) this.#timers.push(setInterval(() => this.#adopt(), parts.times.host.adoptionCheckMs));
  }

  view(): HostView {
    const radiants = this.#running.map(({ runner }) => runner.view()).filter((view) => view !== undefined);
    return {
      role: this.#parts.role,
      radiants,
      signaling: this.#signaling,
      storage: this.#parts.storage,
      frames: this.#parts.frames(),
      problems: withShown(this.#problems.all, radiants),
    };
  }

  /**
   * Reports the view now and at every change.
   * @returns the function that stops the reports
   */
  watch(listener: (view: HostView) => void): () => void {
    this.#listeners.add(listener);
    listener(this.view());
    return () => this.#listeners.delete(listener);
  }

  /**
   * Removes the radiants of this tab from the cluster. Resolves once no order has a radiant of this tab as a member,
   * also for repeated calls. After `LAST_RADIANT`, `LEAVE_TIMED_OUT` and `ABORTED`, this tab stays.
   * @throws {ShardbearerError} `LAST_RADIANT`, `LEAVE_TIMED_OUT`, `ABORTED`, `CLOSED`
   */
  async leave(signal: AbortSignal, timeoutMs: number): Promise<void> {
    if (this.#hasLeft) return await this.close();
    if (this.#closed)
      throw new ShardbearerError(
        'CLOSED',
        'The store was closed before leave() was called. Its radiants still belong to the cluster.',
        { effect: 'none' },
      );
    if (this.#leaving === undefined || this.#leaving.isOver) {
      this.#leaving = new LeaveProcess(() => this.#running.map(({ runner }) => runner));
    }
    await leaveWithin(this.#leaving, this.#parts.scheduler, signal, timeoutMs);
    this.#hasLeft = true;
    await this.close();
  }

  /** Says goodbye and frees every radiant. Their data stays. Each call resolves when all radiants are free. */
  close(): Promise<void> {
    this.#closed = true;
    this.#closing ??= this.#letGoOfAll();
    return this.#closing;
  }

  async #letGoOfAll(): Promise<void> {
    this.#adoption.end();
    for (const timer of this.#timers) clearInterval(timer);
    this.#viewDue?.cancel();
    this.client.close();
    this.#leaving?.giveUp(
      new ShardbearerError(
        'CLOSED',
        'The store was closed during leave(). Its radiants may still belong to the cluster.',
      ),
    );
    await Promise.all(this.#running.map((running) => releaseRunning(running)));
  }

  get #running(): readonly Running[] {
    return [this.#own, ...this.#adoption.running];
  }

  #tick(): void {
    for (const { runner } of this.#running) runner.tick();
    this.client.handle({ kind: 'tick' });
    this.#leaving?.reconcile();
  }

  /** Adopts radiants. A tab that leaves adopts no radiants, since they would have to leave, too. */
  #adopt(): void {
    if (this.#leaving?.isOver ?? true) void this.#adoption.look();
  }

  #prepareOwn(identity: HeldIdentity): Running {
    const runner = this.#prepare(identity.radiant, 'wanted', this.client, {
      restarted: () => void this.#tellRetired(),
      signaling: (state) => this.#noteSignaling(state),
      ended: (error) => void this.#replaceOwn(identity, error, 0),
    });
    this.client.radiant = runner;
    return { identity, runner };
  }

  #prepareAdopted(identity: HeldIdentity): RadiantRunner {
    return this.#prepare(identity.radiant, 'kept', undefined, {
      ended: (error) => {
        this.#adoption.forget(identity.radiant);
        void this.#bury(identity, error);
      },
    });
  }

  #prepare(
    radiant: RadiantId,
    place: 'wanted' | 'kept',
    client: ClientDriver | undefined,
    special: Partial<RunnerListener>,
  ): RadiantRunner {
    const { keeper, createTransport, scheduler, times } = this.#parts;
    const createRadiant = (database: Database, lifecycles: Lifecycles) =>
      this.#parts.createRadiant(database, place, lifecycles);
    return new RadiantRunner(
      radiant,
      { reopen: () => keeper.reopen(radiant), createRadiant, createTransport, client, scheduler, times },
      {
        signaling: () => undefined,
        ended: () => undefined,
        ...special,
        problem: (error) => this.#problems.note(error),
        diskHasRoom: () => {
          this.#problems.over('STORAGE_FULL');
          this.#scheduleView();
        },
        viewChanged: (view) => this.#noteView(view),
        restarted: () => {
          special.restarted?.();
          this.#problems.over('STORAGE_FAILED', 'STORAGE_FULL', 'STORAGE_HUNG');
        },
      },
    );
  }

  /** Replaces the tab's own radiant after it ended. The client continues with the new one. */
  async #replaceOwn(identity: HeldIdentity, error: ShardbearerError, failures: number): Promise<void> {
    // The data is newer than the code, so a new identity would fail in the same way.
    if (this.#closed || error.code === 'STORAGE_TOO_NEW') return;
    try {
      if (failures === 0) await this.#bury(identity, error);
      await this.#parts.remember();
      const next = await this.#parts.keeper.takeUp(this.#parts.room, NEWCOMER);
      if (this.#isClosed()) {
        await releaseUnused(next);
        return;
      }
      this.#own = this.#prepareOwn(next);
      this.#own.runner.start(next.database);
      this.client.handle({ kind: 'radiant-restarted' });
      void this.#tellRetired();
    } catch (cause) {
      this.#problems.note(typedError(cause));
      this.#parts.scheduler.after(
        restartDelayMs(failures, this.#parts.times.host),
        () => void this.#replaceOwn(identity, error, failures + 1),
      );
    }
  }

  async #bury(identity: HeldIdentity, error: ShardbearerError): Promise<void> {
    try {
      if (error.code !== 'STORAGE_LOST') return;
      this.#retired.add(identity.radiant);
      await this.#parts.keeper.retire(identity.radiant);
    } finally {
      identity.lock.release();
    }
    await this.#tellRetired();
  }

  #noteView(view: RadiantView): void {
    if (isVoter(view)) {
      this.#mark(view.radiant, true);
    } else if (hasDeparted(view)) {
      this.#mark(view.radiant, false);
      void this.#adoption.release(view.radiant);
    }
    if (view.foreign.length > 0) this.#problems.note(foundedTwice(view.foreign));
    else if (view.radiant === this.#own.identity.radiant) this.#problems.over('FOUNDED_TWICE');
    if (view.neighbours.length > 0) this.#problems.over('LINK_FAILED');
    this.#scheduleView();
  }

  #mark(radiant: RadiantId, isVoter: boolean): void {
    if (this.#marks.get(radiant) === isVoter) return;
    this.#marks.set(radiant, isVoter);
    const { keeper } = this.#parts;
    const noted = isVoter ? keeper.markVoter(radiant) : keeper.unmarkVoter(radiant);
    // The registry has no mark for this voter. Tabs that know it as a voter from their views still adopt it.
    noted.catch(() => this.#marks.delete(radiant));
  }

  /**
   * Tells the own radiant which identities of this device have lost their data. Voters with lost data are then replaced
   * at once.
   */
  async #tellRetired(): Promise<void> {
    try {
      for (const { radiant, retired } of await this.#parts.keeper.known(this.#parts.room)) {
        if (retired) this.#retired.add(radiant);
      }
      for (const radiant of this.#retired) this.#own.runner.handle({ kind: 'identity-retired', radiant });
    } catch (error) {
      this.#problems.note(typedError(error));
    }
  }

  #noteSignaling(state: SignalingState): void {
    this.#signaling = state;
    this.#problems.noteSignaling(state);
  }

  /** Reports the view after `viewMs`, so that many changes cause one report. */
  #scheduleView(): void {
    this.#viewDue ??= this.#parts.scheduler.after(this.#parts.times.page.viewMs, () => {
      this.#viewDue = undefined;
      const view = this.view();
      for (const listener of this.#listeners) listener(view);
    });
  }

  /** Reads the flag again after an await. TypeScript would assume that the flag is still false. */
  #isClosed(): boolean {
    return this.#closed;
  }
}
