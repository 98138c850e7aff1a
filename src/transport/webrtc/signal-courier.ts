import type { ShardbearerError } from '../../wire/errors.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { unexpectedError } from '../../wire/platform-error.ts';
import { type ClusterKeys, SEAL_NONCE_BYTES } from '../secrets.ts';
import { decodeSignalMessage, encodeSignalMessage, type SignalMessage } from './signal-message.ts';

/** The path of a signal, through the signaling server or through linked radiants. */
export type SignalWay = 'server' | 'mesh';

interface CourierOptions {
  readonly keys: ClusterKeys;
  readonly self: RadiantId;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly sealed: (to: RadiantId, sealed: Uint8Array, way: SignalWay) => void;
  readonly opened: (from: RadiantId, message: SignalMessage, way: SignalWay) => void;
  /** Called when a signal could not be sealed or handled. The courier drops the signal. */
  readonly failed: (error: ShardbearerError) => void;
}

/**
 * Seals and opens signals. Web Crypto may finish its calls out of order, so each direction has a queue. An offer
 * therefore never arrives after its candidates.
 */
export class SignalCourier {
  readonly #options: CourierOptions;
  readonly #sealing: SerialQueue;
  readonly #opening: SerialQueue;
  #stopped = false;

  constructor(options: CourierOptions) {
    this.#options = options;
    const failed = (error: unknown) => options.failed(unexpectedError(error));
    this.#sealing = new SerialQueue(LIMITS.links.pendingSignals, failed);
    this.#opening = new SerialQueue(LIMITS.links.pendingSignals, failed);
  }

  send(to: RadiantId, message: SignalMessage, way: SignalWay): void {
    const { keys, self, randomBytes } = this.#options;
    this.#sealing.add(async () => {
      const sealed = await keys.seal(encodeSignalMessage(message), self, to, randomBytes(SEAL_NONCE_BYTES));
      if (!this.#stopped) this.#options.sealed(to, sealed, way);
    });
  }

  /** Drops a signal that does not open, since no holder of the secret sealed it for this radiant. */
  receive(from: RadiantId, sealed: Uint8Array, way: SignalWay): void {
    const { keys, self } = this.#options;
    if (sealed.length > LIMITS.links.sealedBytes) return;
    this.#opening.add(async () => {
      const plain = await keys.open(sealed, from, self);
      const message = plain === undefined ? undefined : decodeSignalMessage(plain);
      if (message !== undefined && !this.#stopped) this.#options.opened(from, message, way);
    });
  }

  close(): void {
    this.#stopped = true;
  }
}

/** Runs tasks one after another. Drops a task if too many wait. */
class SerialQueue {
  readonly #most: number;
  readonly #failed: (error: unknown) => void;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(most: number, failed: (error: unknown) => void) {
    this.#most = most;
    this.#failed = failed;
  }

  add(task: () => Promise<void>): void {
    if (this.#waiting >= this.#most) return;
    this.#waiting++;
    this.#last = this.#last.then(task).then(
      () => this.#settle(),
      (error: unknown) => {
        this.#settle();
        this.#failed(error);
      },
    );
  }

  #settle(): void {
    this.#waiting--;
  }
}
