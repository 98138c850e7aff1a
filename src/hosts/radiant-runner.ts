/**
 * Runs one identity. It feeds events to the radiant's machine, performs its effects, and starts another boot after a
 * halt.
 */
import { Lifecycles } from '../cluster/lifecycle.ts';
import type { RadiantMachine, RadiantView } from '../radiant/contract.ts';
import type { RadiantEffect, RadiantEvent } from '../radiant/event.ts';
import type { Database } from '../storage/contract.ts';
import type { SignalingState, Transport } from '../transport/contract.ts';
import type { ScheduledTask, Scheduler } from '../transport/scheduler.ts';
import { ShardbearerError } from '../wire/errors.ts';
import type { BootId, RadiantId } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';
import type { ClientDriver } from './client-driver.ts';
import { typedError } from './error-record.ts';

interface RunnerParts {
  /** Opens the identity again under a new boot id. */
  readonly reopen: () => Promise<Database>;
  readonly createRadiant: (database: Database, lifecycles: Lifecycles) => RadiantMachine;
  readonly createTransport: (radiant: RadiantId, boot: BootId) => Transport;
  /** The client whose requests this radiant takes. Undefined for an adopted radiant. */
  readonly client: ClientDriver | undefined;
  readonly scheduler: Scheduler;
  readonly times: Times;
}

export interface RunnerListener {
  viewChanged(view: RadiantView): void;
  /** Called when another boot runs. */
  restarted(): void;
  signaling(state: SignalingState): void;
  problem(error: ShardbearerError): void;
  /** Called when a write succeeded after the disk was full. */
  diskHasRoom(): void;
  /**
   * Called when the identity never runs here again. `STORAGE_LOST` retires it, and `IDENTITY_TAKEN` leaves it to
   * another tab.
   */
  ended(error: ShardbearerError): void;
}

interface Boot {
  readonly machine: RadiantMachine;
  readonly database: Database;
  readonly transport: Transport;
}

/** Errors that a new boot would meet again. The identity is given up here after such an error. */
const FINAL_CODES: ReadonlySet<unknown> = new Set(['STORAGE_LOST', 'IDENTITY_TAKEN', 'STORAGE_TOO_NEW']);

export class RadiantRunner {
  readonly radiant: RadiantId;
  readonly #parts: RunnerParts;
  readonly #listener: RunnerListener;
  readonly #lifecycles = new Lifecycles();
  #boot: Boot | undefined;
  #lastView: RadiantView | undefined;
  #pumping = false;
  #closed = false;
  #failures = 0;
  #restart: ScheduledTask | undefined;
  #ticksOfBoot = 0;
  #isDiskFull = false;

  constructor(radiant: RadiantId, parts: RunnerParts, listener: RunnerListener) {
    this.radiant = radiant;
    this.#parts = parts;
    this.#listener = listener;
  }

  start(database: Database): void {
    this.#run(database);
  }

  /**
   * Feeds one event to the machine. Between boots, the event is dropped.
   * @param boot the boot that the event is for. Events of an earlier boot are dropped, too.
   */
  handle(event: RadiantEvent, boot = this.#boot): void {
    if (boot === undefined || this.#boot !== boot) return;
    try {
      boot.machine.handle(event);
    } catch (error) {
      this.#halt(boot, typedError(error));
      return;
    }
    this.#pump(boot);
  }

  /** Counts one tick. Call this every `tickMs`. A clock gap counts as one tick. */
  tick(): void {
    this.#ticksOfBoot++;
    const { raft, host } = this.#parts.times;
    if (this.#ticksOfBoot * raft.tickMs >= host.steadyMs) this.#failures = 0;
    this.handle({ kind: 'tick' });
  }

  /** The current view. Between boots, the last view. */
  view(): RadiantView | undefined {
    if (this.#boot !== undefined) this.#lastView = this.#boot.machine.view();
    return this.#lastView;
  }

  /** Says goodbye and frees the identity. Its data stays. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.handle({ kind: 'page-hidden-for-good' });
    this.#closed = true;
    this.#restart?.cancel();
    const boot = this.#boot;
    if (boot === undefined) return;
    this.#lastView = { ...boot.machine.view(), neighbours: [] };
    this.#boot = undefined;
    await letGo(boot, 'finished');
  }

  #run(database: Database): void {
    let boot: Boot;
    try {
      const machine = this.#parts.createRadiant(database, this.#lifecycles);
      boot = { machine, database, transport: this.#parts.createTransport(database.radiant, database.boot) };
    } catch (error) {
      this.#refused(database, typedError(error));
      return;
    }
    this.#boot = boot;
    this.#ticksOfBoot = 0;
    // The new boot has written its identity record, so the disk has space.
    this.#isDiskFull = false;
    void database.lost.then((error) => this.#halt(boot, error ?? connectionLost()));
    boot.transport.start((event) => {
      if (this.#boot !== boot) return;
      if (event.kind === 'signaling') this.#listener.signaling(event.state);
      if (event.kind === 'problem') this.#listener.problem(event.error);
      this.handle({ kind: 'transport', event }, boot);
    });
    this.#pump(boot);
    this.#showView();
  }

  /** Handles a failed start of a radiant, whose records are damaged. */
  #refused(database: Database, error: ShardbearerError): void {
    this.#noteDown(error);
    void database.close().then(() => this.#afterHalt(error));
  }

  /**
   * Performs all effects. Performing an effect can cause an event. Only the outermost call performs effects, so they
   * keep their order.
   */
  #pump(boot: Boot): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (;;) {
        const effects = this.#boot === boot ? boot.machine.takeEffects() : [];
        if (effects.length === 0) break;
        for (const effect of effects) this.#perform(boot, effect);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #perform(boot: Boot, effect: RadiantEffect): void {
    switch (effect.kind) {
      case 'send':
        boot.transport.send(effect.link, effect.bytes, effect.urgency);
        return;
      case 'write':
        boot.database.write(effect.batch).then(
          () => {
            if (this.#isDiskFull) this.#noteDiskRoom(undefined);
            this.handle({ kind: 'written', write: effect.write }, boot);
          },
          (error: unknown) => {
            const typed = typedError(error);
            if (typed.code === 'STORAGE_FULL') this.#noteDiskRoom(typed);
            this.handle({ kind: 'write-failed', write: effect.write, error: typed }, boot);
          },
        );
        return;
      case 'reply':
        this.#parts.client?.handle(effect);
        return;
      case 'associate':
        boot.transport.associate(effect.cluster);
        return;
      case 'connect':
        boot.transport.connect(effect.radiant);
        return;
      case 'disconnect':
        boot.transport.disconnect(effect.link);
        return;
      case 'signal':
        boot.transport.signalIn(effect.from, effect.sealed);
        return;
      case 'view-changed':
        this.#showView();
        return;
      case 'halt':
        this.#halt(boot, effect.error);
    }
  }

  /** @param full the error of the full disk; undefined while the disk has space */
  #noteDiskRoom(full: ShardbearerError | undefined): void {
    if (this.#isDiskFull === (full !== undefined)) return;
    this.#isDiskFull = full !== undefined;
    if (full === undefined) this.#listener.diskHasRoom();
    else this.#listener.problem(full);
  }

  #halt(boot: Boot, error: ShardbearerError): void {
    if (this.#boot !== boot || this.#closed) return;
    this.#lifecycles.fail();
    // The last view has no neighbours, because the radiant no longer reaches any.
    this.#lastView = { ...boot.machine.view(), lifecycle: 'error', neighbours: [] };
    this.#boot = undefined;
    this.#noteDown(error);
    this.#showView();
    const goOn = () => this.#afterHalt(error);
    letGo(boot, error.code === 'STORAGE_HUNG' ? 'aborted' : 'finished').then(goOn, goOn);
  }

  #noteDown(error: ShardbearerError): void {
    this.#listener.problem(error);
    this.#parts.client?.handle({ kind: 'radiant-down', error });
  }

  #showView(): void {
    const view = this.view();
    if (view === undefined) return;
    this.#parts.client?.handle({ kind: 'view', view });
    this.#listener.viewChanged(view);
  }

  #afterHalt(error: ShardbearerError): void {
    if (this.#closed) return;
    if (FINAL_CODES.has(error.code)) {
      this.#closed = true;
      this.#listener.ended(error);
      return;
    }
    this.#restart = this.#parts.scheduler.after(
      restartDelayMs(this.#failures++, this.#parts.times.host),
      () => void this.#reopen(),
    );
  }

  async #reopen(): Promise<void> {
    if (this.#closed) return;
    this.#lifecycles.reset();
    try {
      const database = await this.#parts.reopen();
      if (this.#isClosed()) {
        await database.close();
        return;
      }
      this.#run(database);
      this.#parts.client?.handle({ kind: 'radiant-restarted' });
      this.#listener.restarted();
    } catch (error) {
      this.#lifecycles.fail();
      const typed = typedError(error);
      this.#noteDown(typed);
      this.#afterHalt(typed);
    }
  }

  /** Reads the flag again after an await. TypeScript would assume that the flag is still false. */
  #isClosed(): boolean {
    return this.#closed;
  }
}

/** The delay before the next boot. It doubles with every failure in a row, up to a limit. */
export function restartDelayMs(failures: number, times: Times['host']): number {
  return Math.min(times.restartDelayMs * 2 ** Math.min(failures, 16), times.restartDelayLongestMs);
}

/** Ends a boot. The database is closed before the next boot opens it, so no connection outlives its boot. */
async function letGo({ transport, database }: Boot, write: 'finished' | 'aborted'): Promise<void> {
  transport.close();
  await database.close(write);
}

function connectionLost(): ShardbearerError {
  return new ShardbearerError('STORAGE_FAILED', 'The connection to the database broke. It is opened again.');
}
