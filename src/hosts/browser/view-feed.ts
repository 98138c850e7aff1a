import { ShardbearerError, withEffect } from '../../wire/errors.ts';
import { TIMES } from '../../wire/times.ts';
import { checkListener } from '../arguments.ts';
import type { HostView, Problem } from '../contract.ts';
import { afterTimeout, hostScheduler } from '../../transport/scheduler.ts';
import { withProblem } from '../problems.ts';

export interface Patience {
  /** May be `Infinity`. */
  readonly timeoutMs: number;
  readonly late: (view: HostView) => ShardbearerError;
}

/** Distributes the latest view to readers, listeners and waiters. */
export class ViewFeed {
  #fromWorker: HostView;
  #ownProblems: readonly Problem[] = [];
  readonly #immediate = new Set<() => void>();
  readonly #listeners = new Set<(view: HostView) => void>();
  readonly #waiting = new Set<(error: ShardbearerError) => void>();
  #frameDue = false;
  /** The error with which the store ended. Only `end` sets it. */
  ended: ShardbearerError | undefined;

  constructor(first: HostView) {
    this.#fromWorker = first;
  }

  get current(): HostView {
    return { ...this.#fromWorker, problems: [...this.#ownProblems, ...this.#fromWorker.problems] };
  }

  show(view: HostView): void {
    // A view that arrives after the end is older than the last view, which the end delivered.
    if (this.ended !== undefined) return;
    this.#fromWorker = view;
    this.#changed();
  }

  addProblem(error: ShardbearerError): void {
    this.#ownProblems = withProblem(this.#ownProblems, error);
    this.#changed();
  }

  /**
   * Calls back at most once per animation frame. A page that draws no frames uses timers instead.
   * @throws {ShardbearerError} `INVALID_ARGUMENT`
   */
  onFrame(listener: (view: HostView) => void): () => void {
    checkListener(listener);
    this.#listeners.add(listener);
    this.#scheduleFrame();
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves once a view fulfils the condition.
   * @throws {ShardbearerError} `ABORTED`, the error of the end, or the error of `patience`
   */
  until(condition: (view: HostView) => boolean, signal: AbortSignal | undefined, patience?: Patience): Promise<void> {
    return new Promise((resolve, reject) => {
      let stopWaiting: () => void = () => undefined;
      const finish = (error?: ShardbearerError) => {
        stopWaiting();
        this.#immediate.delete(look);
        this.#waiting.delete(finish);
        signal?.removeEventListener('abort', abort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = () => {
        if (condition(this.current)) finish();
      };
      const abort = () =>
        finish(
          new ShardbearerError('ABORTED', 'The caller stopped waiting.', { cause: signal?.reason, effect: 'none' }),
        );
      if (this.ended !== undefined) return finish(withEffect(this.ended, 'none'));
      if (signal?.aborted === true) return abort();
      this.#immediate.add(look);
      this.#waiting.add(finish);
      signal?.addEventListener('abort', abort);
      if (patience !== undefined) {
        const { timeoutMs, late } = patience;
        stopWaiting = afterTimeout(hostScheduler, timeoutMs, () => finish(late(this.current)));
      }
      look();
    });
  }

  end(error: ShardbearerError): void {
    this.ended = error;
    for (const finish of this.#waiting) finish(withEffect(error, 'none'));
  }

  #changed(): void {
    for (const look of this.#immediate) look();
    this.#scheduleFrame();
  }

  #scheduleFrame(): void {
    if (this.#frameDue || this.#listeners.size === 0) return;
    this.#frameDue = true;
    const tell = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      this.#frameDue = false;
      for (const listener of this.#listeners) {
        try {
          listener(this.current);
        } catch (error) {
          // An error of one listener does not affect the others.
          reportError(error);
        }
      }
    };
    const frame = requestAnimationFrame(tell);
    // A page that was hidden after it requested a frame gets the frame only when it is visible again.
    const timer = setTimeout(tell, document.visibilityState === 'visible' ? TIMES.page.framePatienceMs : 0);
  }
}
