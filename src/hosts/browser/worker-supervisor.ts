/** Starts the worker of a page, detects its death, and starts another one. */
import { transfer } from 'comlink';
import { hostScheduler } from '../../transport/scheduler.ts';
import { PageLinks } from '../../transport/webrtc/page-links.ts';
import { ShardbearerError, withEffect } from '../../wire/errors.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Times } from '../../wire/times.ts';
import { abortedBeforeSending } from '../call-channel.ts';
import type { HostView } from '../contract.ts';
import { typedError } from '../error-record.ts';
import type { Locks } from '../locks.ts';
import { restartDelayMs } from '../radiant-runner.ts';
import type { HostSettings } from './options.ts';
import type { WorkerSource } from './worker-source.ts';
import { launchWorker, untilSilent } from './worker-launch.ts';
import type { Started, WorkerClient } from './worker-protocol.ts';

interface SupervisorParts {
  readonly settings: HostSettings;
  readonly worker: WorkerSource;
  readonly locks: Locks;
  readonly onView: (view: HostView) => void;
  readonly onProblem: (error: ShardbearerError) => void;
}

interface WorkerRun {
  readonly calls: WorkerClient;
  readonly end: (error: ShardbearerError) => void;
  readonly started: Promise<Started>;
  /** Whether the worker ended by itself. */
  hasDied: boolean;
}

export class WorkerSupervisor {
  /**
   * The calls of the running worker. Undefined during a restart and after the end. Only this class writes the field.
   */
  running: WorkerClient | undefined;
  readonly #parts: SupervisorParts;
  readonly #times: Times;
  #settings: HostSettings;
  #run: Promise<WorkerRun>;
  #formerRadiant: RadiantId | undefined;
  #failures = 0;
  #closed: ShardbearerError | undefined;
  readonly #wakeUp = (event: PageTransitionEvent): void => {
    if (event.persisted) this.#afterSleep();
  };

  private constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#times = parts.settings.times;
    addEventListener('pageshow', this.#wakeUp);
    this.#settings = parts.settings;
    this.#run = this.#spawn();
  }

  /**
   * Starts the first worker, which starts this tab's radiant.
   * @throws {ShardbearerError} `INVALID_INVITE`, `STORAGE_TOO_NEW`, `STORAGE_FULL`, `WORKER_DIED` …
   */
  static async open(parts: SupervisorParts): Promise<{ supervisor: WorkerSupervisor; secret: string }> {
    const supervisor = new WorkerSupervisor(parts);
    try {
      const { secret } = await supervisor.#firstStarted();
      // The cluster is known from now on, so later workers do not choose a cluster again.
      supervisor.#settings = { ...supervisor.#settings, secret };
      return { supervisor, secret };
    } catch (error) {
      supervisor.end(typedError(error));
      throw error;
    }
  }

  /**
   * Waits for the start of the first worker that survives it. A worker that dies during its start is replaced like any
   * later one.
   */
  async #firstStarted(): Promise<Started> {
    for (;;) {
      const run = await this.#run;
      try {
        return await run.started;
      } catch (error) {
        if (!run.hasDied || this.#failures >= LIMITS.host.workerDeaths) throw error;
        this.#failures++;
        this.#parts.onProblem(typedError(error));
        this.#run = this.#spawn();
      }
    }
  }

  /**
   * Waits until a worker runs. During a restart, the next worker counts.
   * @throws {ShardbearerError} `UNAVAILABLE` if no worker runs within `requestDeadlineMs`; `ABORTED`; `CLOSED`
   */
  async untilRunning(signal: AbortSignal | undefined): Promise<WorkerClient> {
    if (this.#closed !== undefined) throw withEffect(this.#closed, 'none');
    const next = this.#run.then(async (run) => {
      await run.started;
      return run.calls;
    });
    try {
      return await withPatience(next, this.#times.client.requestDeadlineMs, signal);
    } catch (error) {
      throw withEffect(typedError(error), 'none');
    }
  }

  /** Ends the worker and all links at once. Every call in flight fails with `error`. */
  end(error: ShardbearerError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.running = undefined;
    removeEventListener('pageshow', this.#wakeUp);
    this.#run.then(
      (run) => run.end(error),
      () => undefined,
    );
  }

  async #spawn(): Promise<WorkerRun> {
    const { worker, calls, lock } = await launchWorker(this.#parts.worker, hostScheduler, this.#times.page);
    const channel = new MessageChannel();
    const links = new PageLinks({ port: channel.port1 });
    const watch = new AbortController();
    const end = (error: ShardbearerError) => {
      watch.abort();
      links.close();
      worker.terminate();
      calls.fail(error);
    };
    calls.subscribe('view', (view) => this.#noteView(view));
    const arrival = { former: this.#formerRadiant, returning: isReturning() };
    const argument = { settings: this.#settings, linksPort: channel.port2, arrival };
    const started = calls.call('start', transfer(argument, [channel.port2]));
    const run = { calls, end, started, hasDied: false };
    const death =
      lock === undefined
        ? untilSilent(() => calls.call('ping', undefined), watch.signal, this.#times.page)
        : this.#parts.locks.hold(lock, watch.signal).then((held) => held.release());
    this.#watchForDeath(death, run);
    return run;
  }

  /** Waits for the end of a worker. The platform frees the locks of a worker that ended. */
  #watchForDeath(death: Promise<void>, run: WorkerRun): void {
    const { started, end } = run;
    const bornMs = performance.now();
    let hasStarted = false;
    started.then(
      () => {
        hasStarted = true;
        if (this.#closed === undefined) this.running = run.calls;
      },
      () => undefined,
    );
    death.then(
      () => {
        if (this.#closed !== undefined) return;
        run.hasDied = true;
        const error = new ShardbearerError('WORKER_DIED', 'The worker of this tab ended. Another one is started.');
        if (!hasStarted) {
          // The worker had not started. `#firstStarted` or `#respawn` awaits the start and starts the next worker.
          end(error);
          return;
        }
        this.#failures = performance.now() - bornMs > this.#times.host.steadyMs ? 0 : this.#failures + 1;
        this.#replace(end, error);
      },
      () => undefined,
    );
  }

  /**
   * Replaces the worker of a page that returns from the browser's cache. Such a page said goodbye before, so its links
   * are gone.
   */
  #afterSleep(): void {
    const message = 'The browser suspended this page, which said goodbye. Its worker starts again.';
    this.#run.then(
      ({ end }) => this.#replace(end, new ShardbearerError('WORKER_DIED', message)),
      () => undefined,
    );
  }

  #replace(end: WorkerRun['end'], error: ShardbearerError): void {
    this.running = undefined;
    end(error);
    this.#parts.onProblem(error);
    this.#run = this.#respawn();
    // Waiting calls handle this error. Without waiting calls, this handler keeps the rejection from being reported.
    this.#run.catch(() => undefined);
  }

  async #respawn(): Promise<WorkerRun> {
    for (;;) {
      await new Promise((resolve) => {
        // A pause helps only after consecutive failures.
        setTimeout(resolve, this.#failures === 0 ? 0 : restartDelayMs(this.#failures - 1, this.#times.host));
      });
      if (this.#closed !== undefined) throw this.#closed;
      let run: WorkerRun | undefined;
      try {
        run = await this.#spawn();
        await run.started;
        return run;
      } catch (error) {
        // A worker that could not start still runs and may hold an identity, so it is ended.
        run?.end(typedError(error));
        this.#failures++;
        this.#parts.onProblem(typedError(error));
      }
    }
  }

  #noteView(view: HostView): void {
    this.#formerRadiant = view.radiants[0]?.radiant ?? this.#formerRadiant;
    this.#parts.onView(view);
  }
}

function isReturning(): boolean {
  const [navigation] = performance.getEntriesByType('navigation');
  return navigation instanceof PerformanceNavigationTiming && navigation.type !== 'navigate';
}

async function withPatience<Result>(
  result: Promise<Result>,
  patienceMs: number,
  signal: AbortSignal | undefined,
): Promise<Result> {
  let giveUp: () => void = () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const impatience = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(abortedBeforeSending(signal));
    const late = () =>
      reject(new ShardbearerError('UNAVAILABLE', 'The worker of this tab is down and restarts. Try again.'));
    timer = setTimeout(late, patienceMs);
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted === true) giveUp();
  });
  try {
    return await Promise.race([result, impatience]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}
