/** How a tab leaves its cluster for good: every radiant that it runs asks to be let go, until none is counted on. */
import type { RadiantView } from '../radiant/contract.ts';
import type { RadiantEvent } from '../radiant/event.ts';
import type { ScheduledTask, Scheduler } from '../transport/scheduler.ts';
import { ERROR_CODES, type ErrorCode, ShardbearerError } from '../wire/errors.ts';
import type { RadiantId } from '../wire/identifiers.ts';

/** As it asks for others do not help: whoever wanted to leave has to decide what to do. */
const FINAL_REFUSALS: ReadonlySet<ErrorCode> = new Set(['LAST_RADIANT', 'NOT_GOVERNED']);

/** Of a runner what a departure needs. */
export interface Leaver {
  readonly radiant: RadiantId;
  view(): Pick<RadiantView, 'leaving'> | undefined;
  handle(event: RadiantEvent): void;
}

export class Departure {
  readonly #leavers: () => readonly Leaver[];
  readonly #done: Promise<void>;
  /** Whom all were told of. */
  #told: readonly RadiantId[] = [];
  #settle: { readonly resolve: () => void; readonly reject: (error: ShardbearerError) => void } | undefined;

  /** @param leavers whoever is to go; another may take the place of one meanwhile */
  constructor(leavers: () => readonly Leaver[]) {
    this.#leavers = leavers;
    this.#done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /**
   * Resolves once all are gone.
   * @throws {ShardbearerError} `LAST_RADIANT`, `NOT_GOVERNED`, `LEAVE_TIMED_OUT`, `ABORTED`: then those that are still there stay
   */
  get done(): Promise<void> {
    return this.#done;
  }

  /** To be called again and again: a new boot knows nothing of an event that came to the one before. */
  pursue(): void {
    if (this.#settle === undefined) return;
    const leavers = this.#leavers();
    this.#tell(leavers);
    const states = leavers.map((leaver) => leaver.view()?.leaving);
    if (states.every((state) => state?.kind === 'left')) {
      this.#settle.resolve();
      this.#settle = undefined;
      return;
    }
    const refusal = states.find(isFinallyRefused)?.refusal;
    if (refusal !== undefined) this.giveUp(new ShardbearerError(refusal, ERROR_CODES[refusal].meaning));
  }

  /** Each is told who goes beside it: where none would be left, none is to be let go before that is noticed. */
  #tell(leavers: readonly Leaver[]): void {
    const all = leavers.map(({ radiant }) => radiant);
    const areOthers = all.length !== this.#told.length || all.some((radiant, at) => radiant !== this.#told[at]);
    this.#told = all;
    for (const leaver of leavers) {
      const leaving = leaver.view()?.leaving;
      if (leaving?.kind === 'left' || (leaving !== undefined && !areOthers)) continue;
      leaver.handle({ kind: 'leave', beside: all.filter((radiant) => radiant !== leaver.radiant) });
    }
  }

  /** It took too long. */
  expire(): void {
    const states = this.#leavers().map((leaver) => leaver.view()?.leaving);
    const left = states.filter((state) => state?.kind === 'left').length;
    const refusal = states.find((state) => state?.kind === 'asking' && state.refusal !== undefined);
    const code = refusal?.kind === 'asking' ? refusal.refusal : undefined;
    const why = code === undefined ? '' : ` (${code}: ${ERROR_CODES[code].meaning})`;
    this.giveUp(
      new ShardbearerError(
        'LEAVE_TIMED_OUT',
        `others have not taken over in time${why}: ${left} of ${states.length} radiants of this tab are let go, and it stays. ` +
          'Leave again later, with more time, or open more tabs first',
      ),
    );
  }

  giveUp(error: ShardbearerError): void {
    if (this.#settle === undefined) return;
    for (const leaver of this.#leavers()) leaver.handle({ kind: 'stay' });
    this.#settle.reject(error);
    this.#settle = undefined;
  }
}

function isFinallyRefused(
  state: RadiantView['leaving'],
): state is { readonly kind: 'asking'; readonly refusal: ErrorCode } {
  return state?.kind === 'asking' && state.refusal !== undefined && FINAL_REFUSALS.has(state.refusal);
}

/** Timers count up to so many milliseconds, which is longer than any tab lives. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls back when the time is over; undefined: it never is. */
export function patienceFor(scheduler: Scheduler, timeoutMs: number, expire: () => void): ScheduledTask | undefined {
  return timeoutMs > LONGEST_TIMER_MS ? undefined : scheduler.after(Math.max(timeoutMs, 0), expire);
}
