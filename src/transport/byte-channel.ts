import type { ShardbearerError } from '../wire/errors.ts';

/** A reliable, ordered channel for whole messages: a data channel here or on the page, or a pair in memory. */
export interface ByteChannel {
  /** Sends one message. Does nothing on a channel that is not open; `closed` reports that. */
  send(message: Uint8Array): void;
  /** Bytes that were sent and have not left the browser yet. */
  readonly bufferedAmount: number;
  /** Call this once, in the task that received the channel. The listener is never called inside this call. */
  listen(listener: ByteChannelListener): void;
  /** Messages sent before still leave. `closed` is not called. */
  close(): void;
}

export interface ByteChannelListener {
  opened(): void;
  message(message: Uint8Array): void;
  /** Called when `bufferedAmount` falls to half of `LIMITS.linkBufferedBytes` or below. */
  drained(): void;
  /** @param why the exception of the platform that ended the channel, if there was one */
  closed(why?: ShardbearerError): void;
}
