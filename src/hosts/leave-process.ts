/**
 * Removes the radiants of this tab from the cluster. Every radiant asks to leave until it is no longer a member of any
 * order.
 */
import type { LeaveRefusal, RadiantView } from '../radiant/contract.ts';
import type { RadiantEvent } from '../radiant/event.ts';
import { afterTimeout, type Scheduler } from '../transport/scheduler.ts';
import { assert } from '../wire/assertion.ts';
import { type ErrorCode, ShardbearerError } from '../wire/errors.ts';
import { asSentence } from '../wire/sentence.ts';
import type { RadiantId } from '../wire/identifiers.ts';

/** Refusals that a retry does not change. The caller has to decide how to continue. */
const FINAL_REFUSALS: ReadonlySet<ErrorCode> = new Set(['LAST_RADIANT']);

export interface Leaver {
  readonly radiant: RadiantId;
  view(): Pick<RadiantView, 'leaving'> | undefined;
  handle(event: RadiantEvent): void;
}

interface LeaveCaller {
  /**
   * Resolves once all radiants have left. After an error, the remaining radiants stay.
   * @throws {ShardbearerError} `LAST_RADIANT`, `LEAVE_TIMED_OUT`, `ABORTED`
   */
  readonly done: Promise<void>;
  /** Stops waiting. If no other caller waits, the tab stays. */
  readonly abort: () => void;
  /** Ends the wait with `LEAVE_TIMED_OUT`. If no other caller waits, the tab stays. */
  readonly expire: () => void;
}

interface Waiting {
  resolve(): void;
  reject(error: ShardbearerError): void;
}

export class LeaveProcess {
  readonly #leavers: () => readonly Leaver[];
  /** One entry for each caller. Callers have separate time-outs. */
  readonly #waiting = new Set<Waiting>();
  /** The radiants that the latest `leave` events named. */
  #told: readonly RadiantId[] = [];
  #isOver = false;

  /** @param leavers returns the radiants that leave; the list can change meanwhile */
  constructor(leavers: () => readonly Leaver[]) {
    this.#leavers = leavers;
  }

  /** Whether the leave has ended, by success or by failure. A later `leave()` needs a new `LeaveProcess`. */
  get isOver(): boolean {
    return this.#isOver;
  }

  wait(): LeaveCaller {
    assert(!this.#isOver, 'a leave that has ended takes no callers');
    let waiting: Waiting | undefined;
    const done = new Promise<void>((resolve, reject) => {
      waiting = { resolve, reject };
      this.#waiting.add(waiting);
    });
    const quit = (errorFor: (doesStay: boolean) => ShardbearerError): void => {
      if (waiting === undefined || !this.#waiting.delete(waiting)) return;
      const doesStay = this.#waiting.size === 0;
      waiting.reject(errorFor(doesStay));
      if (doesStay) this.#stay();
    };
    return { done, abort: () => quit(aborted), expire: () => quit((doesStay) => this.#timedOut(doesStay)) };
  }

  /**
   * Sends missing `leave` events and checks for the end. Call this periodically, because a new boot of a radiant has
   * not seen earlier events.
   */
  reconcile(): void {
    if (this.#isOver) return;
    const leavers = this.#leavers();
    this.#tell(leavers);
    const states = leavers.map((leaver) => leaver.view()?.leaving);
    if (states.every((state) => state?.kind === 'left')) {
      this.#isOver = true;
      for (const waiting of this.#waiting) waiting.resolve();
      return;
    }
    const refusal = states.find(isFinallyRefused)?.refusal;
    if (refusal === undefined) return;
    const tookSteps = !refusal.withoutEffect || states.some((state) => state?.kind === 'left');
    const effect = tookSteps ? 'unknown' : 'none';
    this.giveUp(new ShardbearerError(refusal.code, asSentence(refusal.message), { effect }));
  }

  /** Tells each leaver which radiants leave with it, so that the last radiants of a cluster do not leave by mistake. */
  #tell(leavers: readonly Leaver[]): void {
    const all = leavers.map(({ radiant }) => radiant);
    const areOthers = all.length !== this.#told.length || all.some((radiant, at) => radiant !== this.#told[at]);
    this.#told = all;
    for (const leaver of leavers) {
      const leaving = leaver.view()?.leaving;
      if (leaving?.kind === 'left' || (leaving !== undefined && !areOthers)) continue;
      leaver.handle({ kind: 'leave', alsoLeaving: all.filter((radiant) => radiant !== leaver.radiant) });
    }
  }

  /** Ends the leave. The radiants that have not left stay, and every caller gets this error. */
  giveUp(error: ShardbearerError): void {
    if (this.#isOver) return;
    this.#stay();
    for (const waiting of this.#waiting) waiting.reject(error);
  }

  #stay(): void {
    this.#isOver = true;
    for (const leaver of this.#leavers()) leaver.handle({ kind: 'stay' });
  }

  #timedOut(doesStay: boolean): ShardbearerError {
    const states = this.#leavers().map((leaver) => leaver.view()?.leaving);
    const left = states.filter((state) => state?.kind === 'left').length;
    const refusal = states.find((state) => state?.kind === 'asking' && state.refusal !== undefined);
    const reason = refusal?.kind === 'asking' ? refusal.refusal : undefined;
    const why = reason === undefined ? '' : ` The bondsmith answered ${reason.code}: ${asSentence(reason.message)}`;
    return new ShardbearerError(
      'LEAVE_TIMED_OUT',
      `Others have not taken over in time: ${left} of ${states.length} radiants of this tab have left. ` +
        `${remains(doesStay)}${why} Open more tabs, or call leave() again with a longer timeoutMs.`,
    );
  }
}

export function leftError(): ShardbearerError {
  return new ShardbearerError(
    'CLOSED',
    'This tab has left the cluster; other radiants hold its data. Open the store again to take part again.',
    { effect: 'none' },
  );
}

function aborted(doesStay: boolean): ShardbearerError {
  return new ShardbearerError('ABORTED', `The caller aborted leave(). ${remains(doesStay)}`);
}

function remains(doesStay: boolean): string {
  return doesStay
    ? 'This tab stays in the cluster; what others took over they keep.'
    : 'Another call of leave() goes on.';
}

function isFinallyRefused(
  state: RadiantView['leaving'],
): state is { readonly kind: 'asking'; readonly refusal: LeaveRefusal } {
  return state?.kind === 'asking' && state.refusal !== undefined && FINAL_REFUSALS.has(state.refusal.code);
}

/** Waits for a leave with the signal and the time-out of one caller. */
export async function leaveWithin(
  leaving: LeaveProcess,
  scheduler: Scheduler,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  const caller = leaving.wait();
  signal.addEventListener('abort', caller.abort);
  const stopWaiting = afterTimeout(scheduler, timeoutMs, caller.expire);
  try {
    leaving.reconcile();
    await caller.done;
  } finally {
    stopWaiting();
    signal.removeEventListener('abort', caller.abort);
  }
}
