/** Reads that are asked between two `take()` share one question, named by the first of them. */
import { asLogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { ReadGrant, ReadNumber, ReadOutcome } from '../contract.ts';
import { asReadNumber } from '../numbering.ts';
import type { ConfirmedRead } from './read-index.ts';
import { requestRead } from './reads.ts';
import type { Replica } from './replica.ts';

export class SharedReads {
  #gathered: ReadNumber[] = [];
  readonly #behind = new Map<number, readonly ReadNumber[]>();
  #waitingCount = 0;
  #lastRead = 0;

  /** Leader: one more read. */
  add(): ReadOutcome {
    if (this.#waitingCount >= LIMITS.pendingReads) return { kind: 'refused', reason: 'overloaded' };
    this.#lastRead++;
    const read = asReadNumber(this.#lastRead);
    this.#gathered.push(read);
    this.#waitingCount++;
    return { kind: 'accepted', read };
  }

  /** Asks on behalf of all that were gathered. Returns those that it cannot be asked for any more. */
  ask(replica: Replica): readonly ReadNumber[] {
    const reads = this.#gathered;
    const question = reads[0];
    if (question === undefined) return reads;
    this.#gathered = [];
    if (replica.role !== 'leader') {
      this.#waitingCount -= reads.length;
      return reads;
    }
    this.#behind.set(question, reads);
    requestRead(replica, question);
    return [];
  }

  granted({ request, index }: ConfirmedRead): readonly ReadGrant[] {
    return this.#answered(request.read).map((read) => ({ read, index: asLogIndex(index) }));
  }

  abandoned(question: number): readonly ReadNumber[] {
    return this.#answered(question);
  }

  #answered(question: number): readonly ReadNumber[] {
    const reads = this.#behind.get(question) ?? [];
    this.#behind.delete(question);
    this.#waitingCount -= reads.length;
    return reads;
  }
}
