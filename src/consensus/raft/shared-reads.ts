/** Reads that were asked together share one question to the core, named by the first of them. */
import { asLogIndex } from '../../wire/identifiers.ts';
import type { ReadGrant, ReadNumber } from '../contract.ts';
import type { ConfirmedRead } from './read-index.ts';

export class SharedReads {
  readonly #behind = new Map<number, readonly ReadNumber[]>();
  #count = 0;

  /** How many wait for an answer. */
  get count(): number {
    return this.#count;
  }

  ask(question: number, reads: readonly ReadNumber[]): void {
    this.#behind.set(question, reads);
    this.#count += reads.length;
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
    this.#count -= reads.length;
    return reads;
  }
}
