import type { ByteChannel, ByteChannelListener } from '../../src/transport/byte-channel.ts';
import { LIMITS } from '../../src/wire/limits.ts';

/** One end of a channel in memory. Sent messages wait until `deliver` passes them to the other end. */
export class MemoryChannel implements ByteChannel {
  readonly waiting: Uint8Array[] = [];
  largestBufferedAmount = 0;
  /** Whether the channel loses every message that is sent on it. */
  severed = false;
  isClosed = false;
  #listener: ByteChannelListener | undefined;
  #other: MemoryChannel | undefined;

  static pair(): [MemoryChannel, MemoryChannel] {
    const one = new MemoryChannel();
    const other = new MemoryChannel();
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  get bufferedAmount(): number {
    return this.waiting.reduce((bytes, message) => bytes + message.length, 0);
  }

  send(message: Uint8Array): void {
    if (this.isClosed || this.severed) return;
    this.waiting.push(new Uint8Array(message));
    this.largestBufferedAmount = Math.max(this.largestBufferedAmount, this.bufferedAmount);
  }

  listen(listener: ByteChannelListener): void {
    this.#listener = listener;
  }

  close(): void {
    this.isClosed = true;
    this.#listener = undefined;
  }

  open(): void {
    this.#listener?.opened();
  }

  /** Delivers up to `most` messages to the other end, and reports a closed channel after the last message. */
  deliver(most = Number.POSITIVE_INFINITY): number {
    let delivered = 0;
    while (delivered < most) {
      const message = this.waiting.shift();
      if (message === undefined) break;
      delivered++;
      this.#other?.hear(message);
      if (this.bufferedAmount <= LIMITS.links.linkBufferedBytes / 2) this.#listener?.drained();
    }
    if (this.isClosed && this.waiting.length === 0) this.#other?.hearClosed();
    return delivered;
  }

  hear(message: Uint8Array): void {
    this.#listener?.message(message);
  }

  hearClosed(): void {
    this.#listener?.closed();
  }
}
