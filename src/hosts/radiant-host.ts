/** Where the radiants of one tab live: its own, and those that it adopted. */
import type { Call, ClientMachine } from '../client/contract.ts';
import type { RadiantMachine, RadiantView } from '../radiant/contract.ts';
import type { Database } from '../storage/contract.ts';
import type { SignalingState, Transport } from '../transport/contract.ts';
import type { ScheduledTask, Scheduler } from '../transport/scheduler.ts';
import { ShardbearerError } from '../wire/errors.ts';
import { type BootId, type RadiantId, shortId } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';
import { type CallResult, ClientDesk } from './client-desk.ts';
import type { HostView, Problem } from './contract.ts';
import { typedError } from './envelope.ts';
import { AdoptionWatch, hasDeparted, NEWCOMER, withKnownVoters } from './identity-choice.ts';
import type { HeldIdentity, IdentityKeeper } from './identity-keeper.ts';
import { type Locks, radiantLock } from './locks.ts';
import { withoutProblem, withProblem } from './problems.ts';
import { RadiantRunner, restartDelayMs, type RunnerListener } from './radiant-runner.ts';

export interface HostParts {
  readonly room: string;
  /** Notes on this device which cluster this is: after site data was cleared nothing else knows. */
  readonly remember: () => Promise<void>;
  readonly keeper: IdentityKeeper;
  readonly locks: Locks;
  readonly adoption: boolean;
  readonly storage: HostView['storage'];
  readonly frames: () => HostView['frames'];
  readonly createRadiant: (database: Database) => RadiantMachine;
  readonly createTransport: (radiant: RadiantId, boot: BootId) => Transport;
  readonly createClient: () => ClientMachine;
  readonly scheduler: Scheduler;
}

interface Running {
  readonly identity: HeldIdentity;
  readonly runner: RadiantRunner;
}

export class RadiantHost {
  readonly #parts: HostParts;
  readonly #desk: ClientDesk;
  readonly #adopted = new Map<RadiantId, Running>();
  readonly #adoptionWatch = new AdoptionWatch();
  /** Whether the device's registry has each radiant as a voter, as far as it was noted here. */
  readonly #marks = new Map<RadiantId, boolean>();
  /** Identities of this device whose data is lost; the device's own memory may be gone with it. */
  readonly #retired = new Set<RadiantId>();
  readonly #listeners = new Set<(view: HostView) => void>();
  readonly #timers: ReturnType<typeof setInterval>[];
  #own: Running;
  #signaling: SignalingState = 'connecting';
  #problems: readonly Problem[] = [];
  #viewDue: ScheduledTask | undefined;
  #adopting = false;
  #closed = false;

  constructor(own: HeldIdentity, parts: HostParts) {
    this.#parts = parts;
    this.#desk = new ClientDesk(parts.createClient(), (order, request) =>
      this.#own.runner.handle({ kind: 'request', order, request }),
    );
    if (parts.storage === 'memory') this.#noteProblem(memoryOnly());
    this.#own = this.#prepareOwn(own);
    this.#own.runner.start(own.database);
    void this.#tellRetired();
    this.#timers = [setInterval(() => this.#tick(), INTERVALS.tickMs)];
    if (parts.adoption) this.#timers.push(setInterval(() => void this.#adopt(), INTERVALS.adoptionCheckMs));
  }

  /**
   * One call of the application.
   * @throws {ShardbearerError} what the client says; `ABORTED`; `CLOSED`
   */
  request(call: Call, signal: AbortSignal): Promise<CallResult> {
    return this.#desk.request(call, signal);
  }

  view(): HostView {
    const running = [this.#own, ...this.#adopted.values()];
    return {
      radiants: running.map(({ runner }) => runner.view()).filter((view) => view !== undefined),
      signaling: this.#signaling,
      storage: this.#parts.storage,
      frames: this.#parts.frames(),
      problems: this.#problems,
    };
  }

  /** Tells the view now and at every change; returns how to stop. */
  watch(listener: (view: HostView) => void): () => void {
    this.#listeners.add(listener);
    listener(this.view());
    return () => this.#listeners.delete(listener);
  }

  /** Says goodbye and lets go of every radiant; their data stays. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#viewDue?.cancel();
    this.#desk.close();
    await Promise.all([this.#own, ...this.#adopted.values()].map((running) => letGo(running)));
  }

  #tick(): void {
    this.#own.runner.tick();
    for (const { runner } of this.#adopted.values()) runner.tick();
    this.#desk.handle({ kind: 'tick' });
  }

  #prepareOwn(identity: HeldIdentity): Running {
    const runner = this.#prepare(identity.radiant, {
      reply: (reply) => this.#desk.handle({ kind: 'reply', reply }),
      viewChanged: (view) => this.#desk.handle({ kind: 'view', view }),
      restarted: () => {
        this.#desk.handle({ kind: 'radiant-restarted' });
        void this.#tellRetired();
      },
      signaling: (state) => this.#noteSignaling(state),
      ended: (error) => void this.#replaceOwn(identity, error, 0),
    });
    return { identity, runner };
  }

  #prepareAdopted(identity: HeldIdentity): Running {
    const runner = this.#prepare(identity.radiant, {
      ended: (error) => {
        this.#adopted.delete(identity.radiant);
        void this.#bury(identity, error);
      },
    });
    return { identity, runner };
  }

  #prepare(radiant: RadiantId, special: Partial<RunnerListener>): RadiantRunner {
    const { keeper, createRadiant, createTransport, scheduler } = this.#parts;
    return new RadiantRunner(
      radiant,
      { reopen: () => keeper.reopen(radiant), createRadiant, createTransport, scheduler },
      {
        reply: () => undefined,
        signaling: () => undefined,
        ended: () => undefined,
        ...special,
        problem: (error) => this.#noteProblem(error),
        viewChanged: (view) => {
          special.viewChanged?.(view);
          this.#noteView(view);
        },
        restarted: () => {
          special.restarted?.();
          this.#problems = withoutProblem(withoutProblem(this.#problems, 'STORAGE_FAILED'), 'STORAGE_FULL');
        },
      },
    );
  }

  /** This tab's radiant is gone for good: another takes its place, and the client goes on with that one. */
  async #replaceOwn(identity: HeldIdentity, error: ShardbearerError, failures: number): Promise<void> {
    // Newer data than code: a new identity would meet the same.
    if (this.#closed || error.code === 'STORAGE_TOO_NEW') return;
    try {
      if (failures === 0) await this.#bury(identity, error);
      await this.#parts.remember();
      const next = await this.#parts.keeper.takeUp(this.#parts.room, NEWCOMER);
      if (this.#isClosed()) {
        await next.database.close();
        next.lock.release();
        return;
      }
      this.#own = this.#prepareOwn(next);
      this.#own.runner.start(next.database);
      this.#desk.handle({ kind: 'radiant-restarted' });
      void this.#tellRetired();
    } catch (cause) {
      this.#noteProblem(typedError(cause));
      this.#parts.scheduler.after(restartDelayMs(failures), () => void this.#replaceOwn(identity, error, failures + 1));
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

  /** Takes up the needed radiants of this device whose tabs are gone. */
  async #adopt(): Promise<void> {
    if (this.#adopting || this.#closed) return;
    this.#adopting = true;
    try {
      const { keeper, locks, scheduler, room } = this.#parts;
      const known = withKnownVoters(await keeper.known(room), this.#own.runner.view());
      const held = await locks.heldNames();
      const isHeld = (radiant: RadiantId) => held.has(radiantLock(radiant));
      const free = this.#adoptionWatch.observe(scheduler.nowMs(), known, isHeld, 1 + this.#adopted.size);
      for (const radiant of free) await this.#adoptOne(radiant);
    } catch (error) {
      this.#noteProblem(typedError(error));
    } finally {
      this.#adopting = false;
    }
  }

  async #adoptOne(radiant: RadiantId): Promise<void> {
    const identity = await this.#parts.keeper.tryHold(radiant);
    if (identity === undefined) return;
    const running = this.#prepareAdopted(identity);
    if (this.#isClosed()) {
      await identity.database.close();
      identity.lock.release();
      return;
    }
    this.#adopted.set(radiant, running);
    running.runner.start(identity.database);
  }

  #noteView(view: RadiantView): void {
    if (view.orders.some(({ replica }) => replica !== undefined && replica.role !== 'learner')) {
      this.#mark(view.radiant, true);
    } else if (hasDeparted(view)) {
      this.#mark(view.radiant, false);
      void this.#release(view.radiant);
    }
    if (view.foreign.length > 0) this.#noteProblem(foundedTwice(view.foreign));
    else if (view.radiant === this.#own.identity.radiant)
      this.#problems = withoutProblem(this.#problems, 'FOUNDED_TWICE');
    if (view.neighbours.length > 0) this.#problems = withoutProblem(this.#problems, 'LINK_FAILED');
    this.#scheduleView();
  }

  #mark(radiant: RadiantId, isVoter: boolean): void {
    if (this.#marks.get(radiant) === isVoter) return;
    this.#marks.set(radiant, isVoter);
    const { keeper } = this.#parts;
    const noted = isVoter ? keeper.markVoter(radiant) : keeper.unmarkVoter(radiant);
    // Not marked, a voter is still adopted wherever it is known as one.
    noted.catch(() => this.#marks.delete(radiant));
  }

  /** An adopted radiant that nothing rests on any more is left to whoever comes. */
  async #release(radiant: RadiantId): Promise<void> {
    const running = this.#adopted.get(radiant);
    this.#adopted.delete(radiant);
    if (running !== undefined) await letGo(running);
  }

  /** Others replace a voter at once whose data is known to be lost. */
  async #tellRetired(): Promise<void> {
    try {
      for (const { radiant, retired } of await this.#parts.keeper.known(this.#parts.room)) {
        if (retired) this.#retired.add(radiant);
      }
      for (const radiant of this.#retired) this.#own.runner.handle({ kind: 'identity-retired', radiant });
    } catch (error) {
      this.#noteProblem(typedError(error));
    }
  }

  #noteSignaling(state: SignalingState): void {
    this.#signaling = state;
    this.#problems = withoutProblem(this.#problems, 'SIGNALING_UNREACHABLE');
    if (state === 'unreachable') {
      const message = 'the signaling server does not answer; tabs already linked go on without it';
      this.#problems = withProblem(this.#problems, { code: 'SIGNALING_UNREACHABLE', message });
    }
    this.#scheduleView();
  }

  #noteProblem(error: Problem): void {
    this.#problems = withProblem(this.#problems, error);
    this.#scheduleView();
  }

  /** Many changes in a row are told as one. */
  #scheduleView(): void {
    this.#viewDue ??= this.#parts.scheduler.after(INTERVALS.viewMs, () => {
      this.#viewDue = undefined;
      const view = this.view();
      for (const listener of this.#listeners) listener(view);
    });
  }

  /** It may have been closed while something was awaited. */
  #isClosed(): boolean {
    return this.#closed;
  }
}

async function letGo({ runner, identity }: Running): Promise<void> {
  await runner.close();
  identity.lock.release();
}

function foundedTwice(others: readonly RadiantId[]): ShardbearerError {
  const names = others.map((radiant) => shortId(radiant)).join(', ');
  return new ShardbearerError(
    'FOUNDED_TWICE',
    `${names} of another founding of this cluster were met; both keep their data`,
  );
}

function memoryOnly(): ShardbearerError {
  return new ShardbearerError('STORAGE_UNAVAILABLE', 'no durable storage here: this tab takes part, but never votes');
}
