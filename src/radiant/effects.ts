import type { RadiantEffect } from './event.ts';

/** Effects of a radiant that its host has not taken yet, in order. */
export class Effects {
  #queue: RadiantEffect[] = [];

  push(effect: RadiantEffect): void {
    this.#queue.push(effect);
  }

  get length(): number {
    return this.#queue.length;
  }

  take(): readonly RadiantEffect[] {
    // Hosts call this until nothing is left, so the last call must not allocate.
    if (this.#queue.length === 0) return NOTHING;
    const taken = this.#queue;
    this.#queue = [];
    return taken;
  }

  /** Drops the effects of a step that failed. */
  cutTo(length: number): void {
    this.#queue.length = length;
  }
}

const NOTHING: readonly RadiantEffect[] = [];
