/**
 * Replies that wait for the companion's flush (design, rule 6), in log order. Reads wait as well as writes. If the sole
 * voter's disk is lost, the order continues from the companion's disk. A read must not show entries that only the lost
 * disk held.
 */
import { assert } from '../../wire/assertion.ts';
import type { LogIndex } from '../../wire/identifiers.ts';

interface DeferredReply {
  /** The reply depends on the log up to this index. */
  readonly index: LogIndex;
  give(): void;
  /** Called when the reply is not sent, because this radiant stopped leading. */
  withdraw(): void;
}

export interface Acknowledgement {
  /** The index up to which replies may be sent now. */
  acknowledgeable(): LogIndex;
}

export class DeferredReplies {
  isWaiting = false;
  readonly #companionship: Acknowledgement;
  /** Waiting replies, sorted by index. */
  #waiting: DeferredReply[] = [];

  constructor(companionship: Acknowledgement) {
    this.#companionship = companionship;
  }

  add(answer: DeferredReply): void {
    if (!this.isWaiting && answer.index <= this.#companionship.acknowledgeable()) {
      answer.give();
      return;
    }
    assert((this.#waiting.at(-1)?.index ?? 0) <= answer.index, 'answers come in the order of the log');
    this.#waiting.push(answer);
    this.isWaiting = true;
  }

  /** Sends the replies that may be sent now. */
  release(): void {
    const through = this.#companionship.acknowledgeable();
    const next = this.#waiting.findIndex(({ index }) => index > through);
    const given = this.#waiting.splice(0, next < 0 ? this.#waiting.length : next);
    this.isWaiting = this.#waiting.length > 0;
    for (const answer of given) answer.give();
  }

  withdrawAll(): void {
    const withdrawn = this.#waiting;
    this.#waiting = [];
    this.isWaiting = false;
    for (const answer of withdrawn) answer.withdraw();
  }
}
