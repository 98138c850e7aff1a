import { LIMITS } from '../../wire/limits.ts';
import { platformError } from '../../wire/platform-error.ts';
import type { ByteChannel, ByteChannelListener } from '../byte-channel.ts';

/** What is used of an `RTCDataChannel`. */
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

/** Below so many buffered bytes a channel asks for more. */
export const DRAINED_BYTES = LIMITS.linkBufferedBytes / 2;

/** A data channel that lives here: in the worker where it could be transferred, else on the page. */
export class DataByteChannel implements ByteChannel {
  readonly #channel: DataChannelLike;
  #listener: ByteChannelListener | undefined;

  constructor(channel: DataChannelLike) {
    this.#channel = channel;
  }

  get bufferedAmount(): number {
    return this.#channel.bufferedAmount;
  }

  send(message: Uint8Array): void {
    if (this.#channel.readyState !== 'open') return;
    try {
      this.#channel.send(new Uint8Array(message));
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
      // A text message is nothing that this program sends; an empty one is refused where messages are read.
      listener.message(event.data instanceof ArrayBuffer ? new Uint8Array(event.data) : new Uint8Array());
    };
    // A channel that changed while it was on its way here does not fire for what has passed.
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

  /** A message that was not sent leaves a gap: the channel ends. `closed` is called later, never inside of `send`. */
  #break(error: unknown): void {
    const listener = this.#listener;
    this.close();
    queueMicrotask(() => listener?.closed(platformError('RTCDataChannel.send', error)));
  }
}
