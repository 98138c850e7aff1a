import type { TransportEvent } from './contract.ts';

/**
 * Hands events on in order and never inside the call that caused them: a radiant
 * that sends while it handles an event is not entered a second time.
 */
export class EventOutlet {
  #listener: ((event: TransportEvent) => void) | undefined;
  #waiting: TransportEvent[] = [];
  #deliveryDue = false;

  open(listener: (event: TransportEvent) => void): void {
    this.#listener = listener;
  }

  /** What was not delivered yet never will be. */
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
      // A listener that threw must not swallow the events after the one it failed on.
      if (delivered < events.length) {
        this.#waiting = [...events.slice(delivered), ...this.#waiting];
        this.#arrangeDelivery();
      }
    }
  }
}
