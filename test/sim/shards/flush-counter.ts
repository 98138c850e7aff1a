import type { ObservedRadiant, Observer } from '../../../src/sim/world/observer.ts';
import type { RadiantId } from '../../../src/wire/identifiers.ts';

/** Counts the flushes of one radiant from a moment on, and reports each. */
export class FlushCounter implements Observer {
  #radiant: RadiantId | undefined;
  #counted = 0;
  #told: (counted: number) => void = () => undefined;

  /** @param told how many there were by now, that one included */
  begin(radiant: RadiantId, told: (counted: number) => void): void {
    this.#radiant = radiant;
    this.#counted = 0;
    this.#told = told;
  }

  writeFlushed({ radiant }: ObservedRadiant): void {
    if (radiant === this.#radiant) this.#told(++this.#counted);
  }
}
