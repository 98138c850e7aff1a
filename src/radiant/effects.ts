import type { RadiantEffect } from './event.ts';

/** What a radiant has caused and its host has not taken yet, in order. */
export class Effects {
  #queue: RadiantEffect[] = [];

  push(effect: RadiantEffect): void {
    this.#queue.push(effect);
  }

  get length(): number {
    return this.#queue.length;
  }

  take(): readonly RadiantEffect[] {
    // RequestOrigin until nothing is left: nothing is made for the last answer.
    if (this.#queue.length === 0) return NOTHING;
    const taken = this.#queue;
    this.#queue = [];
    return taken;
  }

  /** Forgets what was caused after the queue was this long: the step that caused it broke. */
  cutTo(length: number): void {
    this.#queue.length = length;
  }
}

const NOTHING: readonly RadiantEffect[] = [];
