/**
 * Runs the client machine. It turns the outcomes of calls into promises, and it feeds replies, views and ticks to the
 * machine.
 */
import type { Call, CallNumber, CallOutcome, ClientEvent, ClientMachine } from '../client/contract.ts';
import { ShardbearerError } from '../wire/errors.ts';
import type { Request } from '../wire/frames/frame.ts';
import type { OrderId } from '../wire/identifiers.ts';

export type CallResult = Exclude<CallOutcome, { kind: 'failed' }>;

/** The radiant of this tab. A radiant that is down drops requests, and the client sends them again. */
interface RequestTarget {
  handle(event: { readonly kind: 'request'; readonly order: OrderId; readonly request: Request }): void;
}

export class ClientDriver {
  /**
   * The radiant that takes the requests. The owner sets it before the first event, and again after each replacement of
   * the radiant.
   */
  radiant: RequestTarget | undefined;
  readonly #client: ClientMachine;
  readonly #waiting = new Map<CallNumber, (outcome: CallOutcome) => void>();
  #pumping = false;
  #closed = false;

  constructor(client: ClientMachine) {
    this.#client = client;
  }

  /**
   * Makes one call of the application.
   * @param timeoutMs time after which the call ends; undefined for the default of the client
   * @throws {ShardbearerError} the error of the client; `ABORTED`; `CLOSED`
   */
  async request(call: Call, signal: AbortSignal, timeoutMs?: number): Promise<CallResult> {
    if (this.#closed)
      throw new ShardbearerError('CLOSED', 'The store was closed. Nothing was sent.', { effect: 'none' });
    const number = this.#client.call(call, timeoutMs);
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

  /** Fails every call in flight with `CLOSED` and the effect that the client knows. */
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

  /**
   * Performs all effects. Performing an effect can cause an event. Only the outermost call performs effects, so they
   * keep their order.
   */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (;;) {
      const effects = this.#client.takeEffects();
      if (effects.length === 0) break;
      for (const effect of effects) {
        if (effect.kind === 'request') {
          this.radiant?.handle(effect);
        } else {
          this.#waiting.get(effect.call)?.(effect.outcome);
          this.#waiting.delete(effect.call);
        }
      }
    }
    this.#pumping = false;
  }
}
