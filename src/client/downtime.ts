/** The time in which the radiant under a client does not run: nothing can be sent, and calls wait for a new boot. */
import type { ShardbearerError } from '../wire/errors.ts';
import { INTERVALS } from '../wire/limits.ts';
import type { Reason } from './reason.ts';

export class Downtime {
  #current: { readonly sinceMs: number; readonly reason: Reason } | undefined;

  get isUnderWay(): boolean {
    return this.#current !== undefined;
  }

  /** The radiant stopped with this error, or failed with it to start again. */
  note({ code, message }: Pick<ShardbearerError, 'code' | 'message'>, nowMs: number): void {
    this.#current = { sinceMs: this.#current?.sinceMs ?? nowMs, reason: { code, why: message, advice: '' } };
  }

  end(): void {
    this.#current = undefined;
  }

  /** Why a call need not wait any longer; undefined while a new boot may come soon. */
  reasonToGiveUp(nowMs: number): Reason | undefined {
    if (this.#current === undefined) return undefined;
    const { sinceMs, reason } = this.#current;
    // A full disk stays full until somebody does something about it.
    const isPatient = reason.code !== 'STORAGE_FULL' && nowMs - sinceMs < INTERVALS.downtimePatienceMs;
    return isPatient ? undefined : reason;
  }
}
