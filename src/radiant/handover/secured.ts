/**
 * What an order may act upon towards another one: what it has applied, and, where it has a sole voter, the companion has
 * flushed, too (design, rule 6). Else the other one could go on from what is lost with the voter's disk.
 */
import type { LogIndex } from '../../wire/identifiers.ts';

export interface SecuredContext {
  readonly appliedIndex: () => LogIndex;
  /** Up to where others may know of what is applied. */
  readonly acknowledgeable: () => LogIndex;
}

export class SecuredShards {
  readonly #context: SecuredContext;
  /** What was applied when each was seen first. */
  readonly #seen = new Map<string, LogIndex>();

  constructor(context: SecuredContext) {
    this.#context = context;
  }

  /** @param name of what the applied state shows */
  isSecured(name: string): boolean {
    const index = this.#seen.get(name) ?? this.#context.appliedIndex();
    this.#seen.set(name, index);
    return index <= this.#context.acknowledgeable();
  }

  /** Forgets all others. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
  }
}
