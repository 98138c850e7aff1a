import { LIMITS } from '../../wire/limits.ts';
import { platformError } from '../../wire/platform-error.ts';
import type { ByteChannel, ByteChannelListener } from '../byte-channel.ts';

/** The part of an `RTCDataChannel` that links use. */
export interface DataChannelLike {
  readonly readyState: RTCDataChannelState;
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  binaryType: BinaryType;
  onopen: ((event: Event) => void) | null;
  onclose: ((event: Event) => void) | null;
  onbufferedamountlow: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  send(data: ArrayBufferView<ArrayBuffer>): void;
  close(): void;
}

/** Buffered bytes at which a channel that drains asks for more messages. */
export const DRAINED_BYTES = LIMITS.links.linkBufferedBytes / 2;

/** A data channel of this thread. It is in the worker if the browser can transfer channels, otherwise on the page. */
export class DataByteChannel implements ByteChannel {
  readonly #channel: DataChannelLike;
  #listener: ByteChannelListener | undefined;

  constructor(channel: DataChannelLike) {
    this.#channel = channel;
  }

  get bufferedAmount(): number {
    return this.#channel.bufferedAmount;
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    if (this.#channel.readyState !== 'open') return;
    try {
      this.#channel.send(message);
    } catch (error) {
      this.#break(error);
    }
  }

  listen(listener: ByteChannelListener): void {
    const channel = this.#channel;
    this.#listener = listener;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = DRAINED_BYTES;
    channel.onopen = () => listener.opened();
    channel.onclose = () => listener.closed();
    channel.onbufferedamountlow = () => listener.drained();
    channel.onmessage = (event: MessageEvent<unknown>) => {
      // Links send no text messages. A text message is passed on as an empty message, which the decoder rejects.
      listener.message(event.data instanceof ArrayBuffer ? new Uint8Array(event.data) : new Uint8Array());
    };
    // A channel that changed its state during the transfer fires no event for that change.
    if (channel.readyState === 'open') queueMicrotask(() => listener.opened());
    if (channel.readyState === 'closed') queueMicrotask(() => listener.closed());
  }

  close(): void {
    this.#channel.onopen = null;
    this.#channel.onclose = null;
    this.#channel.onbufferedamountlow = null;
    this.#channel.onmessage = null;
    this.#listener = undefined;
    this.#channel.close();
  }

  /**
   * Closes the channel after a failed `send`, because the unsent message leaves a gap. The listener's `closed` is
   * called later, never inside `send`.
   */
  #break(error: unknown): void {
    const listener = this.#listener;
    this.close();
    queueMicrotask(() => listener?.closed(platformError('RTCDataChannel.send', error)));
  }
}
