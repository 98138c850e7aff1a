import type { ShardbearerError } from '../wire/errors.ts';

/**
 * A reliable, ordered channel for whole messages. A data channel in the worker, a data channel on the page, and a pair
 * in memory implement it.
 */
export interface ByteChannel {
  /**
   * Takes and sends one message, which the caller must not use afterwards. Does nothing on a channel that is not open;
   * `closed` reports that state.
   */
  send(message: Uint8Array<ArrayBuffer>): void;
  /** Bytes that were sent and have not left the browser yet. */
  readonly bufferedAmount: number;
  /**
   * Sets the listener. Call this once, in the task that received the channel. The listener is never called inside this
   * call.
   */
  listen(listener: ByteChannelListener): void;
  /** Closes the channel. Messages that were sent before still leave. `closed` is not called. */
  close(): void;
}

export interface ByteChannelListener {
  opened(): void;
  message(message: Uint8Array): void;
  /** Called when `bufferedAmount` falls to half of `LIMITS.links.linkBufferedBytes` or below. */
  drained(): void;
  /** @param why the exception of the platform that ended the channel, if there was one */
  closed(why?: ShardbearerError): void;
}
