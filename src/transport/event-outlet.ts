import type { TransportEvent } from './contract.ts';

/**
 * Delivers events in order, in a later microtask. A radiant that sends while it handles an event is therefore not
 * re-entered.
 */
export class EventOutlet {
  #listener: ((event: TransportEvent) => void) | undefined;
  /** Undelivered events. Adding the first one schedules a delivery. */
  #waiting: TransportEvent[] = [];

  open(listener: (event: TransportEvent) => void): void {
    this.#listener = listener;
  }

  /** Drops all undelivered events. */
  close(): void {
    this.#listener = undefined;
    this.#waiting = [];
  }

  emit(event: TransportEvent): void {
    if (this.#listener === undefined) return;
    if (this.#waiting.push(event) === 1) queueMicrotask(this.#deliver);
  }

  readonly #deliver = (): void => {
    const events = this.#waiting;
    this.#waiting = [];
    let delivered = 0;
    try {
      for (const event of events) {
        delivered++;
        this.#listener?.(event);
      }
    } finally {
      // After a listener threw, the remaining events are still delivered.
      if (delivered < events.length) {
        if (this.#waiting.length === 0) queueMicrotask(this.#deliver);
        this.#waiting.unshift(...events.slice(delivered));
      }
    }
  };
}
