/**
 * Answers that wait for the companion's flush (design, rule 6), given in the order of the log. Reads wait as well as
 * writes: what a sole voter has applied would be gone with its disk, and a read that had shown it before anyone was
 * promised anything would tell of a write that never was, once the order begins anew with what the companion holds.
 */
import { assert } from '../../wire/assertion.ts';
import type { LogIndex } from '../../wire/identifiers.ts';

interface DeferredReply {
  /** What it tells rests on the log up to here. */
  readonly index: LogIndex;
  give(): void;
  /** It will not be given: this radiant leads no more. */
  withdraw(): void;
}

export interface Acknowledgement {
  /** Replies about the log up to here may be given now. */
  acknowledgeable(): LogIndex;
}

export class DeferredReplies {
  readonly #companionship: Acknowledgement;
  /** By index. */
  #waiting: DeferredReply[] = [];

  constructor(companionship: Acknowledgement) {
    this.#companionship = companionship;
  }

  /** Gives the answer, now or later. */
  add(answer: DeferredReply): void {
    const last = this.#waiting.at(-1);
    if (last === undefined && answer.index <= this.#companionship.acknowledgeable()) {
      answer.give();
      return;
    }
    assert(last === undefined || last.index <= answer.index, 'answers come in the order of the log');
    this.#waiting.push(answer);
  }

  /** Gives what may be given by now. */
  release(): void {
    if (this.#waiting.length === 0) return;
    const through = this.#companionship.acknowledgeable();
    const next = this.#waiting.findIndex(({ index }) => index > through);
    const given = this.#waiting.splice(0, next < 0 ? this.#waiting.length : next);
    for (const answer of given) answer.give();
  }

  withdrawAll(): void {
    const withdrawn = this.#waiting;
    this.#waiting = [];
    for (const answer of withdrawn) answer.withdraw();
  }
}
