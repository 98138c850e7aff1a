import type { ObservedRadiant, Observer } from '../../../src/sim/world/observer.ts';
import type { RadiantId } from '../../../src/wire/identifiers.ts';

/** Counts what one radiant flushes from some moment on, and tells when it has come so far. */
export class FlushCounter implements Observer {
  #radiant: RadiantId | undefined;
  #counted = 0;
  #at: number | undefined;
  #reached: () => void = () => undefined;

  get counted(): number {
    return this.#counted;
  }

  begin(radiant: RadiantId, at: number | undefined, reached: () => void): void {
    this.#radiant = radiant;
    this.#counted = 0;
    this.#at = at;
    this.#reached = reached;
  }

  writeFlushed({ radiant }: ObservedRadiant): void {
    if (radiant !== this.#radiant) return;
    this.#counted++;
    if (this.#counted === this.#at) this.#reached();
  }
}
