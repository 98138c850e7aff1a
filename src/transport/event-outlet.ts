import type { TransportEvent } from './contract.ts';

/**
 * Delivers events in order, in a later microtask. Therefore a radiant that sends while it handles an event is not
 * re-entered.
 */
export class EventOutlet {
  #listener: ((event: TransportEvent) => void) | undefined;
  #waiting: TransportEvent[] = [];
  #deliveryDue = false;

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
    this.#waiting.push(event);
    this.#arrangeDelivery();
  }

  #arrangeDelivery(): void {
    if (this.#deliveryDue) return;
    this.#deliveryDue = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#deliveryDue = false;
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
        this.#waiting = [...events.slice(delivered), ...this.#waiting];
        this.#arrangeDelivery();
      }
    }
  }
}
