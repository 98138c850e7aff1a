/**
 * Requests that this radiant has decided on. Whatever becomes of one afterwards, and of copies of it that the network
 * brings: a refusal of it never says that it had no effect.
 */
import type { Answer, RequestId } from '../../wire/frames/frame.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ClientBoots } from '../herald/client-boots.ts';

export class DecidedRequests {
  /** In the order in which they were decided on first. */
  readonly #latest = new Map<string, RequestId>();
  /** Not one by one: of each client boot up to which number. */
  readonly #earlier = new ClientBoots();

  note(id: RequestId): void {
    this.#latest.set(nameOf(id), id);
    const [oldest] = this.#latest.values();
    if (this.#latest.size <= LIMITS.rememberedDecisions || oldest === undefined) return;
    this.#latest.delete(nameOf(oldest));
    this.#earlier.note(oldest);
  }

  /** The answer as it may be given to this request. */
  qualified(id: RequestId, answer: Answer): Answer {
    return answer.kind === 'refusal' && this.#mayHold(id) ? { ...answer, withoutEffect: false } : answer;
  }

  #mayHold(id: RequestId): boolean {
    return this.#latest.has(nameOf(id)) || this.#earlier.mayKnow(id);
  }
}

function nameOf({ client, clientBoot, number }: RequestId): string {
  return `${client}/${clientBoot}/${number}`;
}
