/**
 * Requests that this radiant has decided on. A refusal of such a request, or of a copy, must not claim that the request
 * had no effect.
 */
import type { Answer, RequestId } from '../../wire/frames/frame.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ClientBoots } from '../herald/client-boots.ts';

export class DecidedRequests {
  /** The latest requests by name, in the order of their first decisions. */
  readonly #latest = new Map<string, RequestId>();
  /** Older requests. Only the highest number of each client boot is kept. */
  readonly #earlier = new ClientBoots();

  note(id: RequestId): void {
    this.#latest.set(nameOf(id), id);
    const [oldest] = this.#latest.values();
    if (this.#latest.size <= LIMITS.configuration.rememberedDecisions || oldest === undefined) return;
    this.#latest.delete(nameOf(oldest));
    this.#earlier.note(oldest);
  }

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
