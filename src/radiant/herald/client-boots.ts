/**
 * How far each client boot's requests for changes have been taken up here. The network may
 * bring a request twice: a second copy that is refused must not say that it had
 * no effect when the first was proposed, or decided on.
 */
import type { RequestId } from '../../wire/frames/frame.ts';
import { LIMITS } from '../../wire/limits.ts';

export class ClientBoots {
  /** Highest request number taken up; least recently used first. */
  readonly #highest = new Map<string, number>();
  #hasForgotten = false;

  note(id: RequestId): void {
    const name = nameOf(id);
    const highest = Math.max(this.#highest.get(name) ?? 0, id.number);
    this.#highest.delete(name);
    this.#highest.set(name, highest);
    if (this.#highest.size <= LIMITS.rememberedClientBoots) return;
    const oldest = this.#highest.keys().next();
    if (oldest.done !== true) this.#highest.delete(oldest.value);
    this.#hasForgotten = true;
  }

  /** Whether this request may have been taken up before. Numbers only grow: a higher one is certainly new. */
  mayKnow(id: RequestId): boolean {
    const highest = this.#highest.get(nameOf(id));
    return highest === undefined ? this.#hasForgotten : id.number <= highest;
  }
}

function nameOf({ client, clientBoot }: RequestId): string {
  return `${client}/${clientBoot}`;
}
