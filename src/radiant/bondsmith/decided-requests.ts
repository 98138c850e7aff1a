/**
 * Requests that this radiant has decided on. Whatever becomes of one afterwards, and of copies of it that the network
 * brings: a refusal of it never says that it had no effect.
 */
import type { Answer, RequestId } from '../../wire/frame.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ClientBoots } from '../herald/client-boots.ts';

export class DecidedRequests {
  /** In the order in which they were decided on first. */
  readonly #latest = new Map<string, RequestId>();
  /** Not one by one: of each client boot up to which number. */
  readonly #earlier = new ClientBoots();

  note(id: RequestId): void {
    this.#latest.set(`${id.client}/${id.clientBoot}/${id.number}`, id);
    if (this.#latest.size <= LIMITS.rememberedDecisions) return;
    for (const [name, oldest] of this.#latest) {
      this.#latest.delete(name);
      this.#earlier.note(oldest);
      return;
    }
  }

  /** The answer as it may be given to this request. */
  qualified(id: RequestId, answer: Answer): Answer {
    return answer.kind === 'refusal' && this.#mayHold(id) ? { ...answer, withoutEffect: false } : answer;
  }

  #mayHold(id: RequestId): boolean {
    return this.#latest.has(`${id.client}/${id.clientBoot}/${id.number}`) || this.#earlier.mayKnow(id);
  }
}
