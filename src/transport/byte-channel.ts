import type { ShardbearerError } from '../wire/errors.ts';

/**
 * A reliable, ordered channel for whole messages. It is a data channel in the worker, a data channel on the page, or a
 * pair in memory.
 */
export interface ByteChannel {
  /**
   * Sends one message. The channel takes the array over, so the caller must not use it afterwards. A channel that is
   * not open drops the message.
   */
  send(message: Uint8Array<ArrayBuffer>): void;
  /** Bytes that were sent and have not left the browser yet. */
  readonly bufferedAmount: number;
  /**
   * Sets the listener. Call this once, in the task that received the channel. The listener is not called before this
   * call has returned.
   */
  listen(listener: ByteChannelListener): void;
  /** Closes the channel. Messages that were sent before still leave. The listener's `closed` is not called. */
  close(): void;
}

export interface ByteChannelListener {
  opened(): void;
  message(message: Uint8Array): void;
  /** Called when `bufferedAmount` falls to half of `LIMITS.links.linkBufferedBytes` or below. */
  drained(): void;
  /** @param why the platform's exception that ended the channel, if there was one */
  closed(why?: ShardbearerError): void;
}
