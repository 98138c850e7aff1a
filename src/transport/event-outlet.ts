import type { TransportEvent } from './contract.ts';

/**
 * Delivers events in order, in a later microtask. The listener is therefore never called inside a call of the
 * transport.
 */
export class EventOutlet {
  #listener: ((event: TransportEvent) => void) | undefined;
  /** Undelivered events. The first event that is added schedules a delivery. */
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
      // If a listener threw, the remaining events are delivered in another microtask.
      if (delivered < events.length) {
        if (this.#waiting.length === 0) queueMicrotask(this.#deliver);
        this.#waiting.unshift(...events.slice(delivered));
      }
    }
  };
}
