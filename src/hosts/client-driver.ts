/** Runs the client machine: turns its settlements into promises and feeds it replies, views and ticks. */
import type { Call, CallNumber, CallOutcome, ClientEvent, ClientMachine } from '../client/contract.ts';
import { ShardbearerError } from '../wire/errors.ts';
import type { Request } from '../wire/frames/frame.ts';
import type { OrderId } from '../wire/identifiers.ts';

/** The outcome of a call that did not fail. */
export type CallResult = Exclude<CallOutcome, { kind: 'failed' }>;

export class ClientDriver {
  readonly #client: ClientMachine;
  readonly #send: (order: OrderId, request: Request) => void;
  readonly #waiting = new Map<CallNumber, (outcome: CallOutcome) => void>();
  #pumping = false;
  #closed = false;

  /** @param send hands a request to the own radiant; a radiant that is down drops it, and the client sends it again */
  constructor(client: ClientMachine, send: (order: OrderId, request: Request) => void) {
    this.#client = client;
    this.#send = send;
  }

  /**
   * One call of the application.
   * @throws {ShardbearerError} the error of the client; `ABORTED`; `CLOSED`
   */
  async request(call: Call, signal: AbortSignal): Promise<CallResult> {
    if (this.#closed)
      throw new ShardbearerError('CLOSED', 'The store was closed. Nothing was sent.', { effect: 'none' });
    const number = this.#client.call(call);
    const abort = () => this.#abort(number);
    const outcome = await new Promise<CallOutcome>((resolve) => {
      this.#waiting.set(number, resolve);
      signal.addEventListener('abort', abort);
      this.#pump();
    });
    signal.removeEventListener('abort', abort);
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome;
  }

  handle(event: ClientEvent): void {
    if (this.#closed) return;
    this.#client.handle(event);
    this.#pump();
  }

  /** Every call in flight fails with `CLOSED` and the effect that the client knows. */
  close(): void {
    if (this.#closed) return;
    this.#client.close();
    this.#pump();
    this.#closed = true;
  }

  #abort(number: CallNumber): void {
    if (!this.#waiting.has(number)) return;
    this.#client.abort(number);
    this.#pump();
  }

  /** Performing an effect can cause an event. Only the outermost call performs effects, so they keep their order. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (;;) {
      const effects = this.#client.takeEffects();
      if (effects.length === 0) break;
      for (const effect of effects) {
        if (effect.kind === 'request') {
          this.#send(effect.order, effect.request);
        } else {
          this.#waiting.get(effect.call)?.(effect.outcome);
          this.#waiting.delete(effect.call);
        }
      }
    }
    this.#pumping = false;
  }
}
