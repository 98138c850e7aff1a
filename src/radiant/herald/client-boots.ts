/**
 * The highest request number that was taken from each client boot. The network may deliver a request twice. If the
 * first copy was proposed or decided on, the refusal of a second copy must not claim that the request had no effect.
 */
import type { RequestId } from '../../wire/frames/frame.ts';
import { LIMITS } from '../../wire/limits.ts';

export class ClientBoots {
  /** Highest request number by client boot, least recently used first. */
  readonly #highest = new Map<string, number>();
  #hasForgotten = false;

  note(id: RequestId): void {
    const name = `${id.client}/${id.clientBoot}`;
    const highest = Math.max(this.#highest.get(name) ?? 0, id.number);
    this.#highest.delete(name);
    this.#highest.set(name, highest);
    if (this.#highest.size <= LIMITS.herald.rememberedClientBoots) return;
    const oldest = this.#highest.keys().next();
    if (oldest.done !== true) this.#highest.delete(oldest.value);
    this.#hasForgotten = true;
  }

  /** Whether this request may have been accepted before. Numbers only grow, so a higher number is new. */
  mayKnow(id: RequestId): boolean {
    const highest = this.#highest.get(`${id.client}/${id.clientBoot}`);
    return highest === undefined ? this.#hasForgotten : id.number <= highest;
  }
}
