import type { ObservedRadiant, Observer } from '../../../src/sim/world/observer.ts';
import type { RadiantId } from '../../../src/wire/identifiers.ts';

/** Counts the flushes of one radiant from a given moment on, and reports each flush. */
export class FlushCounter implements Observer {
  #radiant: RadiantId | undefined;
  #counted = 0;
  #told: (counted: number) => void = () => undefined;

  /** @param told called after each flush with the number of flushes so far */
  begin(radiant: RadiantId, told: (counted: number) => void): void {
    this.#radiant = radiant;
    this.#counted = 0;
    this.#told = told;
  }

  writeFlushed({ radiant }: ObservedRadiant): void {
    if (radiant === this.#radiant) this.#told(++this.#counted);
  }
}
