/** How a tab leaves its cluster for good: every radiant that it runs asks to be let go, until none is counted on. */
import type { RadiantView } from '../radiant/contract.ts';
import type { RadiantEvent } from '../radiant/event.ts';
import { ERROR_CODES, type ErrorCode, ShardbearerError } from '../wire/errors.ts';

/** As it asks for others do not help: whoever wanted to leave has to decide what to do. */
const FINAL_REFUSALS: ReadonlySet<ErrorCode> = new Set(['LAST_RADIANT', 'NOT_GOVERNED']);

/** Of a runner what a departure needs. */
export interface Leaver {
  view(): Pick<RadiantView, 'leaving'> | undefined;
  handle(event: RadiantEvent): void;
}

export class Departure {
  readonly #leavers: () => readonly Leaver[];
  readonly #done: Promise<void>;
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
   * @throws {ShardbearerError} `LAST_RADIANT`, `NOT_GOVERNED`, `ABORTED`: then those that are still there stay
   */
  get done(): Promise<void> {
    return this.#done;
  }

  /** To be called again and again: a new boot knows nothing of an event that came to the one before. */
  pursue(): void {
    if (this.#settle === undefined) return;
    const leavers = this.#leavers();
    for (const leaver of leavers) {
      if (leaver.view()?.leaving === undefined) leaver.handle({ kind: 'leave' });
    }
    const states = leavers.map((leaver) => leaver.view()?.leaving);
    if (states.every((state) => state?.kind === 'left')) {
      this.#settle.resolve();
      this.#settle = undefined;
      return;
    }
    const refusal = states.find(isFinallyRefused)?.refusal;
    if (refusal !== undefined) this.giveUp(new ShardbearerError(refusal, ERROR_CODES[refusal].meaning));
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
